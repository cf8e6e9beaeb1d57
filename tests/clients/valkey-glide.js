'use strict';
const { GlideClient, ProtocolVersion, Batch, Decoder, TimeUnit } = require('@valkey/valkey-glide');
const { main, sleep, until } = require('./checks');

main('valkey-glide', [2, 3], async (checks, port, protocol) => {
    const options = {
        addresses: [{ host: '127.0.0.1', port }],
        protocol: protocol === 3 ? ProtocolVersion.RESP3 : ProtocolVersion.RESP2,
        clientName: 'smoke',
        requestTimeout: 5000,
    };
    const client = await GlideClient.createClient(options);
    await client.flushall();

    checks.equal('PING', await client.ping(), 'PONG');
    checks.equal('CLIENT GETNAME', await client.clientGetName(), 'smoke');
    checks.equal('SET and GET', [await client.set('key', 'value'), await client.get('key')], ['OK', 'value']);
    checks.equal('SET with options', await client.set('key', 'new', { conditionalSet: 'onlyIfExists', returnOldValue: true, expiry: { type: TimeUnit.Seconds, count: 100 } }), 'value');
    const binary = Buffer.from([0, 255, 13, 10, 128]);
    await client.set('binary', binary);
    checks.equal('bytes', await client.get('binary', { decoder: Decoder.Bytes }), binary);
    checks.equal('MSET and MGET', [await client.mset({ a: '1', b: '2' }), await client.mget(['a', 'nothing', 'b'])], ['OK', ['1', null, '2']]);
    checks.equal('INCRBY', await client.incrBy('a', 41), 42);
    checks.equal('INCRBYFLOAT', await client.incrByFloat('a', 0.5), 42.5);
    checks.equal('GETEX', await client.getex('b', { expiry: { type: TimeUnit.Seconds, duration: 50 } }), '2');

    const replies = await Promise.all(Array.from({ length: 1000 }, () => client.incr('pipelined')));
    checks.equal('many at once', replies.sort((x, y) => x - y), Array.from({ length: 1000 }, (_, i) => i + 1));
    checks.equal('a pipeline', await client.exec(new Batch(false).set('p', '1').incr('p').get('p'), true), ['OK', 2, '2']);
    checks.equal('MULTI', await client.exec(new Batch(true).set('t', '1').incr('t').get('t'), true), ['OK', 2, '2']);
    await checks.fails('an error inside EXEC', () => client.exec(new Batch(true).set('t', 'text').incr('t'), true), /not an integer/i);
    await client.watch(['t']);
    const other = await GlideClient.createClient(options);
    await other.set('t', 'changed');
    checks.equal('WATCH', await client.exec(new Batch(true).set('t', 'lost'), true), null);

    await client.pexpire('key', 40);
    await sleep(80);
    checks.equal('an expired key', await client.exists(['key']), 0);
    checks.holds('TTL', [49, 50].includes(await client.ttl('b')));

    for (let i = 0; i < 200; i++) {
        await client.set(`scan:${i}`, 'v');
    }
    const found = new Set();
    let cursor = '0';
    do {
        const [next, keys] = await client.scan(cursor, { match: 'scan:*', count: 30 });
        keys.forEach(key => found.add(key));
        cursor = next;
    } while (cursor !== '0');
    checks.equal('SCAN', found.size, 200);

    // A closed connection may still be known to the server when the next protocol's turn comes: each has its own channel.
    const channel = `news-${protocol}`;
    const messages = [];
    const subscriber = await GlideClient.createClient({
        ...options,
        protocol: ProtocolVersion.RESP3,
        pubsubSubscriptions: {
            channelsAndPatterns: { 0: new Set([channel]), 1: new Set([`${channel}*`]) },
            callback: message => messages.push(`${message.pattern ?? ''}:${message.channel}=${message.message}`),
            context: null,
        },
    });
    // The subscriptions are made behind the scenes, one after the other.
    for (let i = 0; i < 300 && await client.publish('probe', channel) < 2; i++) {
        await sleep(10);
    }
    checks.equal('PUBLISH', await client.publish('hello', channel), 2);
    const hellos = () => messages.filter(message => message.endsWith('=hello')).sort();
    await until(() => hellos().length === 2);
    checks.equal('messages', hellos(), [`:${channel}=hello`, `${channel}*:${channel}=hello`]);

    checks.holds('INFO', (await client.info(['SERVER'])).includes('redis_version:'));
    checks.equal('CONFIG GET', await client.configGet(['maxmemory-policy']), { 'maxmemory-policy': 'noeviction' });
    checks.equal('TYPE', await client.type('a'), 'string');
    checks.equal('COPY', await client.copy('a', 'z', { replace: true }), true);
    await checks.fails('an unknown command', () => client.customCommand(['NOSUCH']), /unknown command/i);
    checks.equal('SELECT', [await client.select(1), await client.get('a')], ['OK', null]);
    [client, other, subscriber].forEach(connection => connection.close());
});
