// tests/aws/deny.mjs -- an AWS that refuses: it answers every request with the
// error that its first argument names, and writes its port to the second.
//
//	node deny.mjs AccessDenied FILE
//
// The shapes are those of the services: JSON with __type for SQS and DynamoDB
// (told by X-Amz-Target), XML for S3, nothing to a HEAD.
import http from "node:http";
import { renameSync, writeFileSync } from "node:fs";

const [code, file] = process.argv.slice(2);

const statuses = { AccessDenied: 403, SignatureDoesNotMatch: 403,
  InvalidAccessKeyId: 403, ExpiredToken: 403, Html: 404 };

// The same refusal has another name in each protocol.
const names = {
  AccessDenied: { dynamodb: "AccessDeniedException" },
  SignatureDoesNotMatch: { dynamodb: "InvalidSignatureException",
    sqs: "InvalidSignatureException" },
  InvalidAccessKeyId: { dynamodb: "UnrecognizedClientException",
    sqs: "InvalidClientTokenId" },
  ExpiredToken: { dynamodb: "ExpiredTokenException" },
};

function answer(req, res) {
  const target = req.headers["x-amz-target"] ?? "";
  const service = target.startsWith("DynamoDB") ? "dynamodb" :
    target.startsWith("AmazonSQS") ? "sqs" : "s3";
  const name = names[code]?.[service] ?? code;
  const message = `User: arn:aws:iam::123456789012:user/u is not ` +
    `authorized to perform: ${target || req.method}`;

  if (code === "Html") {
    res.writeHead(404, { "Content-Type": "text/html" });
    res.end("<html><h1>It works!</h1></html>");
  } else if (service === "s3") {
    res.writeHead(statuses[code], { "Content-Type": "application/xml",
      "x-amz-request-id": "REQ1" });
    res.end(req.method === "HEAD" ? "" : `<Error><Code>${name}</Code>` +
      `<Message>${message}</Message></Error>`);
  } else {
    res.writeHead(service === "sqs" ? statuses[code] : 400, {
      "Content-Type": "application/x-amz-json-1.0",
      "x-amzn-RequestId": "REQ1" });
    res.end(JSON.stringify({ __type: `com.amazonaws.x#${name}`, message }));
  }
}

const server = http.createServer((req, res) => {
  req.resume();
  req.on("end", () => answer(req, res));
});
server.listen(0, "127.0.0.1", () => {
  writeFileSync(`${file}.new`, `${server.address().port}\n`);
  renameSync(`${file}.new`, file);
});
