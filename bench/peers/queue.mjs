// bench/peers/queue.mjs -- other queues, each used as its manual shows for speed.
//
//	node queue.mjs PEER bulk|drain|pickup|idle N
//
// bulk and drain print tasks a second: N tasks of 200 B stored in groups, and N
// stored ones worked by handlers that do nothing.  pickup prints "P50 P99", ms
// from the answer of a submit to the handler.  idle prints the memory of a worker
// that has done N tasks and waits, in MB.  REDIS_PORT, PG_URL, BEANSTALK_PORT and
// FILE say where they are.
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const [peer, verb, count] = process.argv.slice(2)
const n = Number(count)
// Its own queue, so that what an earlier call left is not in the way.
const name = `q${process.pid}`
const data = { seconds: 0, failure_rate: 0, pad: '0'.repeat(150) }
const fill = (m, f) => Array.from({ length: m }, f)
const groups = (m, size) =>
    fill(Math.ceil(m / size), (_, i) => Math.min(size, m - i * size))

// A peer: add(m) stores m tasks; work(done) starts handlers that call done() and
// returns what stops them.
const open = {
    async bullmq() {
        const { Queue, Worker } = await import('bullmq')
        const connection = { host: '127.0.0.1', port: Number(process.env.REDIS_PORT) }
        const q = new Queue(name, { connection })
        return {
            add: (m) => q.addBulk(fill(m, () => ({ name: 't', data }))),
            work: (done) => {
                const w = new Worker(name, async () => done(), { connection, concurrency: 100 })
                return () => w.close(true)
            },
            close: () => q.close(),
        }
    },
    async 'graphile-worker'() {
        const { makeWorkerUtils, run } = await import('graphile-worker')
        const connectionString = process.env.PG_URL
        const utils = await makeWorkerUtils({ connectionString })
        await utils.migrate()
        return {
            add: (m) => utils.addJobs(fill(m, () => ({ identifier: name, payload: data }))),
            work: async (done) => {
                const runner = await run({ connectionString, concurrency: 24, pollInterval: 1000,
                    noHandleSignals: true, taskList: { [name]: async () => done() } })
                return () => runner.stop()
            },
            close: () => utils.release(),
        }
    },
    async 'pg-boss'() {
        const { default: PgBoss } = await import('pg-boss')
        const boss = new PgBoss({ connectionString: process.env.PG_URL, supervise: false, schedule: false })
        await boss.start()
        await boss.createQueue(name)
        return {
            add: (m) => boss.insert(fill(m, () => ({ name, data }))),
            work: async (done) => {
                const id = await boss.work(name, { batchSize: 500, pollingIntervalSeconds: 0.5 },
                    async (jobs) => jobs.forEach(done))
                return () => boss.offWork(id)
            },
            close: () => boss.stop({ graceful: false }),
        }
    },
    async plainjob() {
        const { better, defineQueue, defineWorker } = await import('plainjob')
        const { default: Database } = await import('better-sqlite3')
        const db = new Database(process.env.FILE)
        const q = defineQueue({ connection: better(db) })
        db.pragma(`synchronous = ${process.env.SYNC ?? 'FULL'}`)
        return {
            add: (m) => q.addMany('t', fill(m, () => data)),
            work: (done) => {
                const w = defineWorker('t', async () => done(), { queue: q })
                w.start()
                return () => w.stop()
            },
            close: () => q.close(),
        }
    },
    async beanstalkd() {
        const body = JSON.stringify(data)
        const sockets = []
        // One request after the other, as its clients do; a job is "ID BYTES".
        const client = () => {
            const s = connect(Number(process.env.BEANSTALK_PORT), '127.0.0.1').setEncoding('utf8')
            let text = '', waiting = null
            sockets.push(s)
            s.on('error', () => {})
            s.on('data', (d) => {
                text += d
                if (text.endsWith('\r\n') && (!text.startsWith('RESERVED') || text.split('\r\n').length > 2)) {
                    waiting?.(text)
                    text = ''
                }
            })
            return (line) => new Promise((resolve) => { waiting = resolve; s.write(line) })
        }
        const put = client()
        await put(`use ${name}\r\n`)
        return {
            add: async (m) => { for (let i = 0; i < m; i++) await put(`put 1 0 60 ${body.length}\r\n${body}\r\n`) },
            work: (done) => {
                let on = true
                const loop = async (ask) => {
                    await ask(`watch ${name}\r\n`)
                    while (on) {
                        const job = await ask('reserve\r\n')
                        done()
                        await ask(`delete ${job.split(' ')[1]}\r\n`)
                    }
                }
                fill(8, client).forEach(loop)
                return () => { on = false }
            },
            close: () => sockets.forEach((s) => s.destroy()),
        }
    },
}

const now = () => performance.now()

async function bulk(q) {
    const began = now()
    for (const m of groups(n, 2000)) await q.add(m)
    return (n * 1000 / (now() - began)).toFixed(0)
}

async function drain(q) {
    for (const m of groups(n, 2000)) await q.add(m)
    let left = n
    const began = now()
    const stop = await new Promise(async (resolve) => {
        const halt = q.work(() => { if (--left === 0) resolve(halt) })
    })
    const rate = (n * 1000 / (now() - began)).toFixed(0)
    await (await stop)()
    return rate
}

async function pickup(q) {
    const times = []
    let told = () => {}
    const stop = await q.work(() => told(now()))
    await sleep(500)
    for (let i = 0; i < n; i++) {
        const started = new Promise((resolve) => { told = resolve })
        await q.add(1)
        const stored = now()
        times.push(Math.max(0, await started - stored))
        await sleep(2)
    }
    await stop()
    times.sort((a, b) => a - b)
    return [0.5, 0.99].map((p) => times[Math.floor(n * p)].toFixed(2)).join(' ')
}

async function idle(q) {
    let left = n
    const stop = q.work(() => { left-- })
    await q.add(n)
    while (left > 0) await sleep(50)
    await sleep(1000)
    const mb = (process.memoryUsage().rss / 1048576).toFixed(1)
    await (await stop)()
    return mb
}

const q = await open[peer]()
console.log(await { bulk, drain, pickup, idle }[verb](q))
await Promise.race([q.close(), sleep(2000)])
process.exit(0)
