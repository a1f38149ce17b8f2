// Servers that would listen everywhere listen on this machine only; and those
// started for a folder (tests/aws/standins) end when it is gone.
import { existsSync } from "node:fs";
import { Server } from "node:net";

const dir = process.env.TQ_STANDIN_DIR;
if (dir)
	setInterval(() => existsSync(dir) || process.exit(0), 1000).unref();

const listen = Server.prototype.listen;
Server.prototype.listen = function (...args) {
	if (args[0] !== null && typeof args[0] === "object" && "port" in args[0])
		args[0] = { ...args[0], host: "127.0.0.1" };
	else if (typeof args[0] === "number")
		args.splice(1, typeof args[1] === "string" ? 1 : 0, "127.0.0.1");
	return listen.apply(this, args);
};

if (/fauxqs/.test(process.argv[1])) await import("./more-s3.mjs");
