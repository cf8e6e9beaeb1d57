'use strict';
const Redis = require('ioredis');
const { main, until } = require('./checks');

// Client-side caching by redirection, and subscriptions of a connection that breaks.
main('ioredis caching', [2, 3], async (checks, port, protocol) => {
    const options = { host: '127.0.0.1', port, protocol, retryStrategy: () => 20 };
    const writer = new Redis(options), reader = new Redis(options), listener = new Redis({ ...options, protocol: 2 });
    await writer.flushall();

    const cache = new Map();
    listener.on('message', (channel, keys) => {
        if (keys === null) {
            cache.clear();
        } else {
            [].concat(keys).forEach(key => cache.delete(`${key}`));
        }
    });
    const id = await listener.client('ID');
    await listener.subscribe('__redis__:invalidate');
    await reader.client('TRACKING', 'ON', 'REDIRECT', id);
    const read = async key => {
        if (!cache.has(key)) {
            cache.set(key, await reader.get(key));
        }
        return cache.get(key);
    };
    const follows = (key, value) => until(async () => await read(key) === value);

    await writer.set('a', '1');
    checks.equal('a read', await read('a'), '1');
    await writer.set('a', '2');
    checks.holds('a change arrives', await follows('a', '2'));
    await writer.pexpire('a', 20);
    checks.holds('expiry arrives', await follows('a', null));
    await writer.set('a', '3');
    checks.holds('a new key', await follows('a', '3'));
    await writer.del('a');
    checks.holds('removal arrives', await follows('a', null));
    await writer.multi().set('a', '4').set('b', '4').exec();
    checks.holds('a transaction arrives', await follows('a', '4') && await follows('b', '4'));

    const messages = [], events = new Redis(options);
    events.on('error', () => {});
    events.on('message', (channel, message) => messages.push(message));
    await events.subscribe('news');
    await writer.publish('news', 'before');
    checks.holds('a message', await until(() => messages.includes('before')));
    await writer.client('KILL', 'ID', await newestSubscriber(writer));
    checks.holds('subscribes again after its connection broke', await until(async () => await writer.publish('news', 'after') === 1));
    checks.holds('and hears again', await until(() => messages.includes('after')));
    [writer, reader, listener, events].forEach(client => client.disconnect());
});

// The number of the connection with a subscription that was opened last.
async function newestSubscriber(client) {
    const lines = (await client.client('LIST', 'TYPE', 'pubsub')).trim().split('\n');
    return Math.max(...lines.map(line => Number(/\bid=(\d+)/.exec(line)[1])));
}
