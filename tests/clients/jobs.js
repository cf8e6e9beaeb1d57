'use strict';
// Job queues as programs build them, on lists, on lists with a list of what is under way, on a sorted set and on a stream: producers add jobs
// for some seconds, workers wait for them in blocking commands, and at the end every job must have been done once.
//
// jobs-LIBRARY.js PORT [SECONDS] gives this one connection after the other, with the few operations that the queues need.
const { main, sleep } = require('./checks');

const PRODUCERS = 3, WORKERS = 4;

// So many jobs wait at most: where workers are the slower ones, as on a busy machine, the end would not come.
const MOST_WAITING = 1000;

// One queue: who adds to it, who takes from it, and what has to be left at the end.
class Queue {
    constructor(name) {
        this.name = name;
        this.added = 0;
        this.done = new Map();
        this.finished = 0;
    }

    next() {
        return `${this.name}:${++this.added}`;
    }

    finish(job) {
        this.done.set(job, (this.done.get(job) ?? 0) + 1);
        this.finished++;
    }

    get waiting() {
        return this.added - this.finished;
    }

    judge(checks) {
        checks.holds(`${this.name}: ${this.added} jobs are many`, this.added > 100);
        const lost = Array.from({ length: this.added }, (_, i) => `${this.name}:${i + 1}`).filter(job => !this.done.has(job));
        checks.equal(`${this.name}: lost jobs`, lost.slice(0, 5), []);
        checks.equal(`${this.name}: jobs done twice`, [...this.done].filter(([, times]) => times > 1).slice(0, 5), []);
        checks.equal(`${this.name}: jobs done`, this.done.size, this.added);
    }
}

const KINDS = {
    'lists': {
        add: (client, job, n) => client.push(n % 3 ? 'low' : 'high', job),
        take: client => client.pop(['high', 'low']),
        rest: async client => await client.length('high') + await client.length('low'),
    },
    'moves': {
        add: (client, job) => client.push('work', job),
        take: async (client, worker) => {
            const job = await client.move('work', `under-way:${worker}`);
            return job && await client.remove(`under-way:${worker}`, job) === 1 ? job : null;
        },
        rest: async client => {
            let rest = await client.length('work');
            for (let worker = 0; worker < WORKERS; worker++) {
                rest += await client.length(`under-way:${worker}`);
            }
            return rest;
        },
    },
    'priorities': {
        add: (client, job, n) => client.schedule('priorities', n % 10, job),
        take: client => client.popLowest('priorities'),
        rest: client => client.cardinality('priorities'),
    },
    'stream': {
        add: (client, job) => client.append('stream', job),
        take: async (client, worker) => {
            const entry = await client.read('stream', 'group', `worker-${worker}`);
            return entry && await client.acknowledge('stream', 'group', entry.id) === 1 ? entry.job : null;
        },
        rest: client => client.pending('stream', 'group'),
    },
};

async function produce(queue, kind, client, state) {
    while (!state.over) {
        // Bursts and pauses: now and then all workers wait, now and then none does.
        const burst = Math.random() < 0.1 ? 50 : 1;
        await Promise.all(Array.from({ length: burst }, () => kind.add(client, queue.next(), queue.added)));
        while (queue.waiting > MOST_WAITING && !state.over) {
            await sleep(1);
        }
        if (Math.random() < 0.3) {
            await sleep(Math.random() * 4);
        }
    }
}

async function work(queue, kind, client, worker, state) {
    while (!state.drained) {
        const job = await kind.take(client, worker);
        if (job) {
            queue.finish(job);
        }
    }
}

// connect(port, protocol, checks) gives a connection.
module.exports = (title, connect) => {
    const seconds = Number(process.argv[3] ?? 10);
    main(title, [2, 3], async (checks, port, protocol) => {
        const connections = [];
        const open = async () => {
            const client = await connect(port, protocol, checks);
            connections.push(client);
            return client;
        };
        const admin = await open();
        await admin.flush();
        await admin.createGroup('stream', 'group');
        const state = { over: false, drained: false }, producers = [], workers = [];
        const queues = Object.entries(KINDS).map(([name, kind]) => [new Queue(name), kind]);
        for (const [queue, kind] of queues) {
            for (let i = 0; i < PRODUCERS; i++) {
                producers.push(produce(queue, kind, await open(), state));
            }
            for (let i = 0; i < WORKERS; i++) {
                workers.push(work(queue, kind, await open(), i, state));
            }
        }
        await sleep(seconds * 500); // Half of the time for each protocol.
        state.over = true;
        await Promise.all(producers);
        for (let i = 0; i < 1000 && queues.some(([queue]) => queue.waiting > 0); i++) {
            await sleep(10);
        }
        state.drained = true;
        await Promise.all(workers);
        for (const [queue, kind] of queues) {
            queue.judge(checks);
            checks.equal(`${queue.name}: jobs left`, Number(await kind.rest(admin)), 0);
        }
        for (const client of connections) {
            client.close();
        }
    }, seconds + 60);
};
