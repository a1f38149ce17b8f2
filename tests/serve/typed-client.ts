// tests/serve/typed-client.ts -- a client that submits, waits and fetches, typed
// by api.d.ts, which openapi-typescript makes of /openapi.json.
import type { components, paths } from "./api";
type Task = components["schemas"]["Task"];
type New = paths["/v1/tasks"]["post"]["requestBody"]["content"]["application/json"];
type Sent = paths["/v1/tasks"]["post"]["responses"]["201"]["content"]["application/json"];
const body: New = { type: "text.transform", payload: "make it so" };
const sent: Sent = await (await fetch("/v1/tasks", { method: "POST", body: JSON.stringify(body) })).json();
const task: Task = await (await fetch(`/v1/tasks/${sent.taskId}?wait=60s`)).json();
const ended: boolean = task.status === "COMPLETED";
const bytes = ended && task.outputUrl !== undefined ? await (await fetch(task.outputUrl)).arrayBuffer() : null;
export { bytes };
