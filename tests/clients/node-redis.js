'use strict';
const { createClient } = require('redis');
const { main, sleep, until } = require('./checks');

main('node-redis', [2, 3], async (checks, port, protocol) => {
    const client = createClient({ RESP: protocol, socket: { host: '127.0.0.1', port, reconnectStrategy: false }, name: 'smoke' });
    client.on('error', error => checks.count(false, `client error ${error.message}`));
    await client.connect();
    await client.flushAll();

    checks.equal('PING', await client.ping(), 'PONG');
    checks.equal('CLIENT GETNAME', await client.clientGetName(), 'smoke');
    checks.equal('SET', await client.set('key', 'value'), 'OK');
    checks.equal('GET', await client.get('key'), 'value');
    checks.equal('GET of nothing', await client.get('nothing'), null);
    checks.equal('SET NX GET', await client.set('key', 'other', { condition: 'NX', GET: true }), 'value');
    await client.set('unicode', 'žluťoučký 馬 🐎');
    checks.equal('unicode', await client.get('unicode'), 'žluťoučký 馬 🐎');
    const binary = Buffer.from([0, 255, 13, 10, 128]);
    await client.set('binary', binary);
    checks.equal('STRLEN of bytes', await client.strLen('binary'), 5);
    const long = 'x'.repeat(3_000_000);
    await client.set('long', long);
    checks.holds('a long value', await client.get('long') === long);
    checks.equal('MGET', await client.mGet(['key', 'nothing', 'key']), ['value', null, 'value']);
    checks.equal('INCRBY', await client.incrBy('n', 41) + await client.incr('n'), 83);
    checks.equal('INCRBYFLOAT', Number(await client.incrByFloat('f', 0.5)), 0.5);

    const replies = await Promise.all(Array.from({ length: 2000 }, (_, i) => client.incr('pipelined')));
    checks.equal('a pipeline of INCR', replies, Array.from({ length: 2000 }, (_, i) => i + 1));

    checks.equal('MULTI', await client.multi().set('t', '1').incr('t').get('t').exec(), ['OK', 2, '2']);
    const watching = client.duplicate();
    watching.on('error', () => {});
    await watching.connect();
    await watching.watch('t');
    await client.set('t', 'changed');
    await checks.fails('WATCH', () => watching.multi().set('t', 'lost').exec(), /watch/i);
    checks.equal('after a failed EXEC', await client.get('t'), 'changed');
    watching.destroy();

    await client.set('fleeting', 'v', { expiration: { type: 'PX', value: 40 } });
    checks.holds('PTTL', await client.pTTL('fleeting') <= 40);
    await sleep(80);
    checks.equal('an expired key', await client.get('fleeting'), null);
    await client.expire('key', 100);
    checks.holds('TTL', [99, 100].includes(await client.ttl('key')));
    checks.equal('PERSIST', Number(await client.persist('key')), 1);

    await client.mSet(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`scan:${i}`, `${i}`])));
    const found = new Set();
    for await (const keys of client.scanIterator({ MATCH: 'scan:*', COUNT: 20 })) {
        keys.forEach(key => found.add(key));
    }
    checks.equal('SCAN', found.size, 300);
    checks.equal('DBSIZE', await client.dbSize() >= 300, true);

    const subscriber = client.duplicate();
    subscriber.on('error', () => {});
    await subscriber.connect();
    const messages = [];
    await subscriber.subscribe('channel', message => messages.push(message));
    await subscriber.pSubscribe('chan*', (message, channel) => messages.push(`${channel}=${message}`));
    checks.equal('PUBLISH', await client.publish('channel', 'hello'), 2);
    await until(() => messages.length === 2);
    checks.equal('messages', messages.sort(), ['channel=hello', 'hello']);
    await subscriber.unsubscribe('channel');
    await subscriber.pUnsubscribe();
    checks.equal('PUBLISH to nobody', await client.publish('channel', 'hello'), 0);
    subscriber.destroy();

    await client.configSet('maxmemory-samples', '6');
    checks.equal('CONFIG GET', (await client.configGet('maxmemory-samples'))['maxmemory-samples'], '6');
    await client.configSet('maxmemory-samples', '5');
    checks.holds('INFO', /redis_version:\d+\.\d+/.test(await client.info('server')));
    checks.holds('CLIENT LIST', (await client.sendCommand(['CLIENT', 'LIST'])).includes('name=smoke'));
    checks.equal('TYPE', await client.type('key'), 'string');
    await checks.fails('an unknown command', () => client.sendCommand(['NOSUCH', 'a']), /^ERR unknown command 'NOSUCH'/);
    await checks.fails('a wrong number of arguments', () => client.sendCommand(['GET']), /wrong number of arguments for 'get' command/);
    await checks.fails('INCR of a text', () => client.incr('key'), /value is not an integer or out of range/);
    await client.select(1);
    checks.equal('another database', await client.get('key'), null);
    await client.close();
});
