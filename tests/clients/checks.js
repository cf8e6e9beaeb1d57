'use strict';
// Counts checks that hold and prints those that do not. Values are compared as JSON, so that lists and maps can be given plainly.

const plain = value =>
    value instanceof Map ? Object.fromEntries([...value].map(([k, v]) => [k, plain(v)]))
    : value instanceof Set ? [...value].map(plain)
    : Buffer.isBuffer(value) ? `hex:${value.toString('hex')}`
    : Array.isArray(value) ? value.map(plain)
    : value;

class Checks {
    constructor(title) {
        this.title = title;
        this.passed = 0;
        this.failed = 0;
    }

    equal(what, actual, expected) {
        const left = JSON.stringify(plain(actual)), right = JSON.stringify(plain(expected));
        this.count(left === right, `${what}: got ${left} instead of ${right}`);
    }

    holds(what, condition) {
        this.count(condition, what);
    }

    async fails(what, action, pattern) {
        try {
            const value = await action();
            this.count(false, `${what}: no error but ${JSON.stringify(plain(value))}`);
        } catch (error) {
            this.count(pattern.test(error.message), `${what}: the error was ${error.message}`);
        }
    }

    count(good, what) {
        if (good) {
            this.passed++;
        } else {
            this.failed++;
            console.log(`  FAILED ${this.title}: ${what}`);
        }
    }
}

const sleep = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));

// Waits until a condition holds, for five seconds at most; one that asks a server may fail while the connection is down.
async function until(condition) {
    for (let i = 0; i < 500; i++) {
        if (await Promise.resolve().then(condition).catch(() => false)) {
            return true;
        }
        await sleep(10);
    }
    return false;
}

// Runs a script's test for each protocol, prints the counts, and ends the process.
async function main(title, protocols, test, seconds = 60) {
    const port = Number(process.argv[2]);
    let passed = 0, failed = 0;
    for (const protocol of protocols) {
        const checks = new Checks(`${title} RESP${protocol}`);
        const limit = setTimeout(() => {
            console.log(`  FAILED ${checks.title}: hangs after ${checks.passed} checks`);
            console.log(`${passed + checks.passed} passed, ${failed + checks.failed + 1} failed, 0 skipped`);
            process.exit(1);
        }, seconds * 1000);
        try {
            await test(checks, port, protocol);
        } catch (error) {
            checks.count(false, `ended by ${error.stack}`);
        }
        clearTimeout(limit);
        passed += checks.passed;
        failed += checks.failed;
    }
    console.log(`${passed} passed, ${failed} failed, 0 skipped`);
    process.exit(failed ? 1 : 0);
}

module.exports = { main, sleep, until };
