'use strict';
const { createClient, BasicClientSideCache } = require('redis');
const { main, sleep, until } = require('./checks');
const { EventCache } = require('../../samples/cache-invalidation/event-cache');

// Client-side caching of the library, the cache of samples/, and connections that break.
main('node-redis caching', [3], async (checks, port) => {
    const socket = { host: '127.0.0.1', port };
    const writer = createClient({ RESP: 3, socket });
    writer.on('error', error => checks.count(false, `writer: ${error.message}`));
    await writer.connect();
    await writer.flushAll();

    const store = new BasicClientSideCache({ maxEntries: 0, ttl: 0 });
    const cached = createClient({ RESP: 3, socket: { ...socket, reconnectStrategy: 20 }, clientSideCache: store });
    cached.on('error', () => {});
    await cached.connect();
    await writer.set('a', '1');
    checks.equal('a first read', await cached.get('a'), '1');
    checks.equal('a read from the cache', await cached.get('a'), '1');
    checks.equal('hits', store.stats().hitCount, 1);
    await writer.set('a', '2');
    checks.holds('a change arrives', await follows(cached, 'a', '2'));
    await writer.pExpire('a', 20);
    checks.holds('expiry arrives', await follows(cached, 'a', null));
    await writer.mSet({ b: '1', c: '1' });
    checks.equal('two reads', [await cached.get('b'), await cached.get('c')], ['1', '1']);
    await writer.flushAll();
    checks.holds('FLUSHALL arrives', await follows(cached, 'b', null) && await follows(cached, 'c', null));
    await writer.hSet('h', 'f', '1');
    checks.equal('a hash', await cached.hGetAll('h'), { f: '1' });
    await writer.hSet('h', 'f', '2');
    checks.holds('a change of a hash', await until(async () => (await cached.hGetAll('h')).f === '2'));

    // Never older than what has been told: each value is at least as new as the last one seen.
    let last = 0, isDone = false;
    await writer.set('counter', '0');
    const increments = (async () => {
        for (let i = 0; i < 3000; i++) {
            await writer.incr('counter');
        }
        isDone = true;
    })();
    let isFalling = false;
    while (!isDone) {
        const value = Number(await cached.get('counter'));
        isFalling ||= value < last;
        last = value;
        await new Promise(setImmediate); // values that are here leave no time for messages
    }
    await increments;
    checks.holds('values do not fall', !isFalling);
    checks.holds('the last value arrives', await follows(cached, 'counter', '3000'));

    await cached.get('counter');
    await writer.sendCommand(['CLIENT', 'KILL', 'SKIPME', 'yes']);
    await writer.set('counter', 'after');
    checks.holds('a cache that was cut off has forgotten', await follows(cached, 'counter', 'after'));
    cached.destroy();

    const reader = createClient({ RESP: 3, socket: { ...socket, reconnectStrategy: 20 } });
    reader.on('error', () => {});
    await reader.connect();
    const events = new EventCache(reader);
    await events.start();
    await writer.set('k', '1');
    await sleep(50);
    await events.get('k');
    await events.get('k');
    checks.equal('the sample keeps a value', [events.hits, events.misses], [1, 1]);
    await writer.set('k', '2');
    checks.holds('the sample hears of a change', await follows(events, 'k', '2'));
    await writer.set('k', '3', { expiration: { type: 'PX', value: 30 } });
    checks.holds('the sample hears of expiry', await follows(events, 'k', null));
    await writer.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub']);
    await writer.set('k', '4');
    checks.holds('the sample hears again after its connection broke', await follows(events, 'k', '4'));
    await until(async () => { await events.get('k'); const hits = events.hits; await events.get('k'); return events.hits > hits; });
    await writer.set('k', '5');
    checks.holds('and keeps up', await follows(events, 'k', '5'));
    events.stop();
    reader.destroy();
    writer.destroy();
});

const follows = (client, key, value) => until(async () => await client.get(key) === value);
