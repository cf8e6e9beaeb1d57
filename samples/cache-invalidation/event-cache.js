'use strict';

// Keeps values that have been read, and drops them when the server says that their keys have changed.
//
// The server publishes an event for each change (notify-keyspace-events). A value is kept only if no event for its key has come while it was
// being read: such an event may be about the value that is on its way, and then what has been read is old already. Events are lost while the
// connection is down, so that everything is dropped when it breaks and nothing is kept until it is back.
class EventCache {
    // How many values were found here, and how many had to be asked for.
    hits = 0;
    misses = 0;

    #client;
    #subscriber;
    #values = new Map();
    #reads = new Map();
    #isSubscribed = false;
    #isListening = false;

    // The client is one of node-redis that is connected; the cache opens a connection of its own beside it.
    constructor(client) {
        this.#client = client;
        this.#subscriber = client.duplicate();
        this.#subscriber.on('error', () => this.#stopListening());
        this.#subscriber.on('reconnecting', () => this.#stopListening());
        // Subscriptions are renewed by the library before it says that it is ready.
        this.#subscriber.on('ready', () => { this.#isListening = this.#isSubscribed; });
    }

    // Switches the events on that are needed, all that change values, beside those that others have switched on, and listens to them.
    async start() {
        const { 'notify-keyspace-events': classes } = await this.#client.configGet('notify-keyspace-events');
        await this.#client.configSet('notify-keyspace-events', `${classes}KA`);
        await this.#subscriber.connect();
        const database = this.#client.options?.database ?? 0;
        const prefix = `__keyspace@${database}__:`;
        await this.#subscriber.pSubscribe(`${prefix}*`, (event, channel) => this.#drop(channel.slice(prefix.length)));
        this.#isSubscribed = this.#isListening = true;
    }

    // The value of a string, or null.
    async get(key) {
        if (this.#values.has(key)) {
            this.hits++;
            return this.#values.get(key);
        }
        this.misses++;
        const read = { isOld: !this.#isListening };
        const others = this.#reads.get(key) ?? new Set();
        this.#reads.set(key, others.add(read));
        try {
            const value = await this.#client.get(key);
            if (!read.isOld) {
                this.#values.set(key, value);
            }
            return value;
        } finally {
            others.delete(read);
            if (others.size === 0) {
                this.#reads.delete(key);
            }
        }
    }

    stop() {
        this.#stopListening();
        this.#subscriber.destroy();
    }

    #drop(key) {
        this.#values.delete(key);
        this.#reads.get(key)?.forEach(read => { read.isOld = true; });
    }

    #stopListening() {
        this.#isListening = false;
        this.#values.clear();
        this.#reads.forEach(reads => reads.forEach(read => { read.isOld = true; }));
    }
}

module.exports = { EventCache };
