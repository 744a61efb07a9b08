# Runs a program on a pseudo-terminal of its own: standard input is what it is given, the terminal is for questions.
# Reads one JSON document from standard input: {"argv", "env", "cwd", "stdin": text or null, "steps": [{"wait": text, "type": text,
# "signal": name, "close": true}]}; each step waits until the text has been shown, then types, or sends a signal, or hangs up. Prints
# {"screen", "stdout", "stderr", "code", "echo"}: echo tells whether the terminal shows again what is typed.
import json, os, pty, select, signal, sys, termios, threading, time

plan = json.load(sys.stdin)
pipes = {name: os.pipe() for name in ("stdin", "stdout", "stderr")}
pid, master = pty.fork()
if pid == 0:
    if plan.get("stdin") is not None:
        os.dup2(pipes["stdin"][0], 0)
    os.dup2(pipes["stdout"][1], 1)
    os.dup2(pipes["stderr"][1], 2)
    for pair in pipes.values():
        for fd in pair:
            os.close(fd)
    os.chdir(plan.get("cwd") or "/")
    os.execvpe(plan["argv"][0], plan["argv"], plan["env"])

os.close(pipes["stdin"][0])
os.close(pipes["stdout"][1])
os.close(pipes["stderr"][1])
if plan.get("stdin") is not None:
    os.write(pipes["stdin"][1], plan["stdin"].encode())
os.close(pipes["stdin"][1])

said = {"stdout": b"", "stderr": b""}


def gather(name):
    while part := os.read(pipes[name][0], 65536):
        said[name] += part


readers = [threading.Thread(target=gather, args=(name,)) for name in said]
for reader in readers:
    reader.start()

screen, seen, steps, deadline = b"", 0, list(plan["steps"]), time.time() + 20
echo, status, hung_up = None, None, False
while status is None and time.time() < deadline:
    if not hung_up and select.select([master], [], [], 0.01)[0]:
        try:
            screen += os.read(master, 65536)
        except OSError:
            time.sleep(0.01)
    if steps and (at := screen.find(steps[0]["wait"].encode(), seen)) >= 0:
        step = steps.pop(0)
        seen = at + len(step["wait"].encode())
        if "type" in step:
            for char in step["type"].encode("utf-8", "surrogateescape"):
                os.write(master, bytes([char]))
        if "signal" in step:
            os.kill(pid, getattr(signal, step["signal"]))
        if step.get("close"):
            os.close(master)
            hung_up = True
    done, code = os.waitpid(pid, os.WNOHANG)
    if done:
        status = code
    elif not hung_up:
        echo = bool(termios.tcgetattr(master)[3] & termios.ECHO)
if status is None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
for reader in readers:
    reader.join()
if not hung_up:
    echo = bool(termios.tcgetattr(master)[3] & termios.ECHO)
    while select.select([master], [], [], 0)[0]:
        try:
            screen += os.read(master, 65536)
        except OSError:
            break
code = None if status is None else -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
json.dump({"screen": screen.decode(), "stdout": said["stdout"].decode(), "stderr": said["stderr"].decode(), "code": code, "echo": echo}, sys.stdout)
