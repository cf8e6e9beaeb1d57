'use strict';
const { createClient } = require('redis');

require('./jobs')('node-redis jobs', async (port, protocol, checks) => {
    const client = createClient({ RESP: protocol, socket: { host: '127.0.0.1', port, reconnectStrategy: false } });
    client.on('error', error => checks.count(false, `client error ${error.message}`));
    await client.connect();
    return {
        flush: () => client.flushAll(),
        close: () => client.destroy(),
        push: (list, job) => client.rPush(list, job),
        pop: async lists => (await client.blPop(lists, 0.5))?.element,
        move: (from, to) => client.blMove(from, to, 'LEFT', 'RIGHT', 0.5),
        remove: (list, job) => client.lRem(list, 1, job),
        length: list => client.lLen(list),
        schedule: (set, score, job) => client.zAdd(set, { score, value: job }),
        popLowest: async set => (await client.bzPopMin(set, 0.5))?.value,
        cardinality: set => client.zCard(set),
        createGroup: (stream, group) => client.xGroupCreate(stream, group, '$', { MKSTREAM: true }),
        append: (stream, job) => client.xAdd(stream, '*', { job }),
        read: async (stream, group, consumer) => {
            const reply = await client.xReadGroup(group, consumer, { key: stream, id: '>' }, { COUNT: 1, BLOCK: 500 });
            const entry = reply?.[0]?.messages[0];
            return entry && { id: entry.id, job: entry.message.job };
        },
        acknowledge: (stream, group, id) => client.xAck(stream, group, id),
        pending: async (stream, group) => (await client.xPending(stream, group)).pending,
    };
});
