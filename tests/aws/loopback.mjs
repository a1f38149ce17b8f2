// Servers that would listen everywhere listen on this machine only; and those
// started for a folder (tests/aws/standins) end when it is gone.  fauxqs and
// dynalite take any free port, and say which in that folder.
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { Server } from "node:net";

const dir = process.env.TQ_STANDIN_DIR;
if (dir)
	setInterval(() => existsSync(dir) || process.exit(0), 1000).unref();

const name = /(fauxqs|dynalite)\/(dist\/)?cli\.js$/.exec(process.argv[1])?.[1];

function tell(server) {
	const file = `${dir}/${name}.port`;
	writeFileSync(`${file}.new`, `${server.address().port}\n`);
	renameSync(`${file}.new`, file);
}

const listen = Server.prototype.listen;
Server.prototype.listen = function (...args) {
	const port = name ? 0 : args[0]?.port ?? args[0];
	if (args[0] !== null && typeof args[0] === "object" && "port" in args[0])
		args[0] = { ...args[0], port, host: "127.0.0.1" };
	else if (typeof args[0] === "number")
		args.splice(0, typeof args[1] === "string" ? 2 : 1, port, "127.0.0.1");
	if (name) this.once("listening", () => tell(this));
	// Whoever comes back to an idle connection must not find it just closed.
	if ("keepAliveTimeout" in this) this.keepAliveTimeout = 600e3;
	return listen.apply(this, args);
};

if (name === "fauxqs") await import("./more-s3.mjs");
if (name === "dynalite") await import("./more-dynamodb.mjs");
