'use strict';
const Redis = require('ioredis');

require('./jobs')('ioredis jobs', async (port, protocol, checks) => {
    const client = new Redis({ host: '127.0.0.1', port, protocol, retryStrategy: null });
    client.on('error', error => checks.count(false, `client error ${error.message}`));
    return {
        flush: () => client.flushall(),
        close: () => client.disconnect(),
        push: (list, job) => client.rpush(list, job),
        pop: async lists => (await client.blpop(...lists, 0.5))?.[1],
        move: (from, to) => client.blmove(from, to, 'LEFT', 'RIGHT', 0.5),
        remove: (list, job) => client.lrem(list, 1, job),
        length: list => client.llen(list),
        schedule: (set, score, job) => client.zadd(set, score, job),
        popLowest: async set => (await client.bzpopmin(set, 0.5))?.[1],
        cardinality: set => client.zcard(set),
        createGroup: (stream, group) => client.xgroup('CREATE', stream, group, '$', 'MKSTREAM'),
        append: (stream, job) => client.xadd(stream, '*', 'job', job),
        read: async (stream, group, consumer) => {
            const reply = await client.xreadgroup('GROUP', group, consumer, 'COUNT', 1, 'BLOCK', 500, 'STREAMS', stream, '>');
            const entries = Array.isArray(reply) ? reply[0]?.[1] : reply?.[stream] ?? reply?.get?.(stream);
            return entries?.[0] && { id: entries[0][0], job: entries[0][1][1] };
        },
        acknowledge: (stream, group, id) => client.xack(stream, group, id),
        pending: async (stream, group) => (await client.xpending(stream, group))[0],
    };
});
