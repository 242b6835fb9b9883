"""A client of the bridge that shares no code with it: plain asyncio, lines of at most 64 KiB."""

import asyncio
import json
import sys


class Client:
    def __init__(self, process):
        self.process = process
        self.waiting = {}
        self.events = []
        self.last_id = 0
        self.began = asyncio.Event()

    async def read(self):
        while line := await self.process.stdout.readline():
            message = json.loads(line)
            if "method" not in message:
                self.waiting.pop(message["id"]).set_result(message)
            elif message["method"] == "tool/execute":
                result = {"content": "python ran it", "is_error": False}
                self.write({"jsonrpc": "2.0", "id": message["id"], "result": result})
            else:
                assert "id" not in message
                self.events.append(message["params"]["event"]["type"])
                self.began.set()

    def write(self, message):
        self.process.stdin.write(json.dumps(message).encode() + b"\n")

    def send(self, method, params):
        self.last_id += 1
        self.waiting[self.last_id] = asyncio.get_running_loop().create_future()
        request = {"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params}
        self.write(request)
        return self.waiting[self.last_id]

    async def ask(self, method, params):
        return (await self.send(method, params))["result"]


async def main(bridge):
    process = await asyncio.create_subprocess_exec(
        bridge, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=64 * 1024
    )
    client = Client(process)
    reading = asyncio.create_task(client.read())
    report = {"contract": (await client.ask("initialize", {}))["contract_version"]}
    await client.ask("tools/register", {"tools": [{"name": "probe"}]})
    with_tool = await client.ask("session/create", {"prompt": "tool:probe"})
    report["tool"] = "python ran it" in with_tool["text"]
    report["events"] = list(client.events)

    session = {"session_id": with_tool["session_id"]}
    client.began.clear()
    turn = client.send("turn/start", {**session, "prompt": "slow story"})
    await client.began.wait()
    report["interrupt"] = (await client.ask("turn/interrupt", session))["interrupted"]
    report["interrupted"] = (await turn)["error"]["data"]["code"]

    several = [client.send("session/create", {"prompt": f"number {n}"}) for n in range(8)]
    texts = [(await answer)["result"]["text"] for answer in several]
    report["in_order"] = all(f"number {n}" in text for n, text in enumerate(texts))
    process.stdin.close()
    process.terminate()
    report["exit"] = await process.wait()
    await reading
    print(json.dumps(report))


asyncio.run(main(sys.argv[1]))
