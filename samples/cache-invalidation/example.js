'use strict';

// node example.js [PORT]: two programs in one; what the writer changes, the reader's cache forgets.
const { setTimeout: sleep } = require('node:timers/promises');
const { createClient } = require('redis');
const { EventCache } = require('./event-cache');

async function main(port) {
    const socket = { host: '127.0.0.1', port };
    const writer = createClient({ socket }), reader = createClient({ socket });
    for (const client of [writer, reader]) {
        client.on('error', error => console.error(error.message));
        await client.connect();
    }
    const cache = new EventCache(reader);
    await cache.start();

    await writer.set('greeting', 'hello');
    await sleep(50);
    for (let i = 0; i < 1000; i++) {
        await cache.get('greeting');
    }
    console.log(`1000 reads: ${cache.misses} asked the server, ${cache.hits} did not`);

    for (const [what, change] of [
        ['changed', () => writer.set('greeting', 'good evening')],
        ['given 20 ms to live', () => writer.pExpire('greeting', 20)],
        ['removed', () => writer.del('greeting')],
    ]) {
        await cache.get('greeting');
        await change();
        await sleep(100);
        console.log(`${what}: ${await cache.get('greeting')}`);
    }

    cache.stop();
    writer.destroy();
    reader.destroy();
}

main(Number(process.argv[2] ?? 6379)).catch(error => {
    console.error(error);
    process.exitCode = 1;
});
