'use strict';
const Redis = require('ioredis');
const { main, sleep, until } = require('./checks');

main('ioredis', [2, 3], async (checks, port, protocol) => {
    const options = { host: '127.0.0.1', port, protocol, connectionName: 'smoke', retryStrategy: null };
    const client = new Redis(options);
    client.on('error', error => checks.count(false, `client error ${error.message}`));
    await client.flushall();

    checks.equal('PING', await client.ping(), 'PONG');
    checks.equal('CLIENT GETNAME', await client.client('GETNAME'), 'smoke');
    checks.equal('SET and GET', [await client.set('key', 'value', 'EX', 100), await client.get('key')], ['OK', 'value']);
    const binary = Buffer.from([0, 255, 13, 10, 128]);
    await client.set('binary', binary);
    checks.equal('bytes', await client.getBuffer('binary'), binary);
    checks.equal('MSET and MGET', [await client.mset({ a: 1, b: 2 }), await client.mget('a', 'nothing', 'b')], ['OK', ['1', null, '2']]);
    checks.equal('APPEND', await client.append('a', '23'), 3);
    checks.equal('GETRANGE', await client.getrange('a', 1, -1), '23');

    const pipeline = client.pipeline();
    for (let i = 0; i < 1000; i++) {
        pipeline.set(`p${i}`, i).get(`p${i}`);
    }
    const replies = await pipeline.exec();
    checks.equal('a pipeline', replies.filter(([error]) => error === null).length, 2000);
    checks.equal('its last reply', replies[1999][1], '999');

    checks.equal('MULTI', await client.multi().set('t', 1).incr('t').exec(), [[null, 'OK'], [null, 2]]);
    const other = client.duplicate();
    await other.watch('t');
    await client.set('t', 'changed');
    checks.equal('WATCH', await other.multi().set('t', 'lost').exec(), null);
    const mixed = await client.multi().set('t', 'text').incr('t').exec();
    checks.holds('an error inside EXEC', /not an integer/.test(mixed[1][0].message));
    await checks.fails('EXECABORT', () => client.multi().call('NOSUCH').exec(), /EXECABORT/);

    await client.psetex('fleeting', 40, 'v');
    await sleep(80);
    checks.equal('an expired key', await client.exists('fleeting'), 0);
    checks.holds('TTL', [99, 100].includes(await client.ttl('key')));

    const found = new Set();
    for await (const keys of client.scanStream({ match: 'p*', count: 50 })) {
        keys.forEach(key => found.add(key));
    }
    checks.equal('SCAN', found.size, 1000);

    const subscriber = client.duplicate();
    const messages = [];
    subscriber.on('message', (channel, message) => messages.push(`${channel}=${message}`));
    subscriber.on('pmessage', (pattern, channel, message) => messages.push(`${pattern}:${channel}=${message}`));
    checks.equal('SUBSCRIBE', await subscriber.subscribe('c1', 'c2'), 2);
    await subscriber.psubscribe('c*');
    await client.publish('c1', 'one');
    await client.publish('c3', 'three');
    await until(() => messages.length === 3);
    checks.equal('messages', messages, ['c1=one', 'c*:c1=one', 'c*:c3=three']);
    await subscriber.unsubscribe('c1', 'c2');
    await subscriber.punsubscribe('c*');
    checks.equal('PUBSUB NUMPAT', await client.pubsub('NUMPAT'), 0);
    await client.config('SET', 'notify-keyspace-events', 'KEA');
    await subscriber.subscribe('__keyevent@0__:set');
    await client.set('noted', '1');
    await until(() => messages.length === 4);
    checks.equal('a keyspace event', messages[3], '__keyevent@0__:set=noted');
    await client.config('SET', 'notify-keyspace-events', '');

    checks.holds('INFO', (await client.info('memory')).includes('used_memory:'));
    const config = await client.config('GET', 'maxmemory-policy');
    checks.holds('CONFIG GET', JSON.stringify(config).includes('noeviction'));
    checks.equal('OBJECT ENCODING', await client.object('ENCODING', 'b'), 'int');
    await checks.fails('a wrong type of argument', () => client.expire('key', 'soon'), /value is not an integer/);
    const monitor = await client.duplicate().monitor();
    const lines = [];
    monitor.on('monitor', (time, args) => lines.push(args.join(' ')));
    await client.echo('seen');
    await until(() => lines.length > 0);
    checks.equal('MONITOR', lines.filter(line => /^echo seen$/i.test(line)).length, 1);
    [monitor, subscriber, other, client].forEach(connection => connection.disconnect());
});
