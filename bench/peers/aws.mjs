// bench/peers/aws.mjs -- what tq's aws store does, by AWS's SDK and sqs-consumer.
//
//	node aws.mjs submit|work N
//
// submit: N records of 200 B put into DynamoDB, a message for each sent in tens.
// work: N such messages received, and for each two updates of its record (taken,
// done) and the delete.  Prints microseconds of this process's CPU a task, once
// WARM tasks have warmed it up.  The environment is that of tests/aws/standins;
// the queue and table are its own.
import { CreateTableCommand, DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { CreateQueueCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import { Consumer } from 'sqs-consumer'

const [verb, count] = process.argv.slice(2)
const WARM = 1000
const db = new DynamoDBClient({})
const sqs = new SQSClient({ useQueueUrlAsEndpoint: false })
const name = `peer${process.pid}`
const payload = JSON.stringify({ seconds: 0, failure_rate: 0, pad: '0'.repeat(150) })
const fill = (m, f) => Array.from({ length: m }, (_, i) => f(i))

await db.send(new CreateTableCommand({
    TableName: name, BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
}))
const { QueueUrl: url } = await sqs.send(new CreateQueueCommand({ QueueName: name }))

const put = (id) => db.send(new PutItemCommand({
    TableName: name,
    Item: { id: { S: id }, state: { S: 'PENDING' }, payload: { S: payload } },
    ConditionExpression: 'attribute_not_exists(id)',
}))

let last = 0
async function ten() {
    const ids = fill(10, () => `${++last}`)
    await Promise.all(ids.map(put))
    await sqs.send(new SendMessageBatchCommand({
        QueueUrl: url, Entries: ids.map((id) => ({ Id: id, MessageBody: id })),
    }))
}

// Four tens on their way at a time.
async function submit(n) {
    let left = n / 10
    const lane = async () => {
        while (left-- > 0)
            await ten()
    }
    await Promise.all(fill(4, lane))
}

const update = (id, from, to) => db.send(new UpdateItemCommand({
    TableName: name, Key: { id: { S: id } },
    UpdateExpression: 'SET #s = :to', ConditionExpression: '#s = :from',
    ExpressionAttributeNames: { '#s': 'state' },
    ExpressionAttributeValues: { ':from': { S: from }, ':to': { S: to } },
}))

async function work(n) {
    let left = n
    await new Promise((resolve, reject) => {
        const one = async ({ Body: id }) => {
            await update(id, 'PENDING', 'RUNNING')
            await update(id, 'RUNNING', 'COMPLETED')
        }
        const consumer = Consumer.create({
            queueUrl: url, sqs, batchSize: 10, waitTimeSeconds: 0,
            handleMessageBatch: async (all) => {
                await Promise.all(all.map(one))
                left -= all.length
                return all
            },
        })
        consumer.on('error', reject)
        consumer.on('processing_error', reject)
        consumer.on('response_processed', () => { if (left <= 0) { consumer.stop(); resolve() } })
        consumer.start()
    })
}

const run = { submit, work }[verb]
const n = Math.ceil(Number(count) / 10) * 10
if (verb === 'work')
    await submit(WARM + n)
await run(WARM)
const began = process.cpuUsage()
await run(n)
const spent = process.cpuUsage(began)
console.log(((spent.user + spent.system) / n).toFixed(0))
process.exit(0)
