"""`ui` and `demo`: the page starts, says where it is, asks nothing of the network, and ends."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import time
from urllib.parse import urlsplit

import pytest

# Put before everything else in each Python process: writes down every address that anything tries
# to reach or to look up, loopback ones too.
RECORDER = """
import os, socket

def note(*what):
    with open(os.environ["RECORDED"], "a") as file:
        print(os.getpid(), *what, file=file, flush=True)

def recorded(name, function):
    def wrapper(first, *rest, **options):
        note(name, repr(first if name == "lookup" else rest[0]))
        return function(first, *rest, **options)
    return wrapper

class Socket(socket.socket):
    connect = recorded("connect", socket.socket.connect)
    connect_ex = recorded("connect", socket.socket.connect_ex)

    def sendto(self, *arguments):
        note("connect", repr(arguments[-1]))
        return super().sendto(*arguments)

socket.socket = Socket
socket.getaddrinfo = recorded("lookup", socket.getaddrinfo)
socket.gethostbyname = recorded("lookup", socket.gethostbyname)
note("start", "-")
"""


@pytest.fixture
def start(command, environment, tmp_path):
    """Start a verb that serves the page; return its process and the address it prints."""
    started = []

    def begin(*arguments, **variables):
        process = subprocess.Popen(
            command(*arguments),
            env={**environment, **variables},
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        line = process.stdout.readline().strip()
        assert line.startswith("Crosstongue is at http://127.0.0.1:"), process.stderr.read()
        return process, line.removeprefix("Crosstongue is at ")

    yield begin
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=30)


def fetch(address, path="/", headers=None):
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    connection.request("GET", path, headers=headers or {})
    response = connection.getresponse()
    body = response.read().decode("utf-8", "replace")
    connection.close()
    return response.status, body


def children(process):
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True)
    return [int(pid) for pid in found.stdout.split()]


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_page_answers_where_it_says_and_ends_cleanly(start, number):
    process, address = start("ui", "--no-open")
    status, body = fetch(address)
    assert status == 200
    assert "<html" in body
    [server] = children(process)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert (out, err) == ("", "")
    deadline = time.monotonic() + 5
    while is_alive(server) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(server)


def test_the_page_listens_on_the_loopback_address_alone(start):
    _, address = start("ui", "--no-open")
    port = urlsplit(address).port
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing; tells this machine's other address
        outside = probe.getsockname()[0]
    if outside.startswith("127."):
        pytest.skip("this machine has no address but the loopback one")
    with pytest.raises(OSError):
        socket.create_connection((outside, port), timeout=5)


def test_another_sites_name_for_this_address_is_refused(start):
    _, address = start("ui", "--no-open")
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    port = urlsplit(address).port

    def upgrade(host):
        return fetch(address, "/_stcore/stream", {**headers, "Host": f"{host}:{port}"})[0]

    assert upgrade("evil.example") == 403


def test_a_taken_default_port_is_no_hindrance_and_a_taken_chosen_one_is_said(start, crosstongue):
    first, one = start("ui", "--no-open")
    _, two = start("ui", "--no-open")
    assert one != two
    done = crosstongue("ui", "--no-open", "--port", str(urlsplit(one).port))
    assert done.returncode == 1
    assert "taken" in done.stderr
    assert first.poll() is None


def test_a_chosen_port_is_used(start):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    _, address = start("ui", "--no-open", "--port", str(port))
    assert address == f"http://127.0.0.1:{port}"


def test_a_persons_own_streamlit_settings_do_not_open_the_page(start, home):
    (home / ".streamlit").mkdir()
    (home / ".streamlit/config.toml").write_text(
        "[server]\naddress = '0.0.0.0'\nport = 9\nenableXsrfProtection = false\n"
        "[browser]\ngatherUsageStats = true\n"
    )
    _, address = start("ui", "--no-open", STREAMLIT_SERVER_ADDRESS="0.0.0.0")
    assert fetch(address, "/_stcore/health")[0] == 200


def test_nothing_is_asked_of_the_network(start, environment, tmp_path, indexed):
    """The command, the server and a whole run of the page, every connection written down."""
    recorder = tmp_path / "recorder"
    recorder.mkdir()
    (recorder / "sitecustomize.py").write_text(RECORDER)
    recorded = tmp_path / "recorded"
    path = f"{recorder}{os.pathsep}{environment['PYTHONPATH']}"
    process, address = start("ui", "--no-open", PYTHONPATH=path, RECORDED=str(recorded))
    visit(address)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    lines = recorded.read_text().splitlines()
    assert len([line for line in lines if " start " in line]) >= 2, "the server was not recorded"
    outside = [
        line
        for line in lines
        if " start " not in line and not re.search(r"'(127\.0\.0\.1|localhost|::1|/[^']*)'", line)
    ]
    assert outside == []


def visit(address):
    """Open the page's stream as a browser does and wait for the script to have run."""
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    from websockets.asyncio.client import connect

    async def run():
        url = address.replace("http://", "ws://") + "/_stcore/stream"
        async with connect(url, origin=address, max_size=None) as stream:
            from streamlit.proto.BackMsg_pb2 import BackMsg
            from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

            message = BackMsg()
            message.rerun_script.query_string = ""
            await stream.send(message.SerializeToString())
            async with asyncio.timeout(60):
                while True:
                    answer = ForwardMsg()
                    answer.ParseFromString(await stream.recv())
                    if answer.WhichOneof("type") == "script_finished":
                        return

    # In a thread of its own: a browser test before this one may have left its loop in this one.
    with ThreadPoolExecutor(max_workers=1) as pool:
        pool.submit(asyncio.run, run()).result()


def test_the_demo_indexes_the_samples_once_in_an_index_of_its_own(process, crosstongue, home):
    done = process("demo", "--check")
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"Crosstongue is at http://127\.0\.0\.1:\d+\n", done.stdout)
    assert re.search(r"Indexed \d+ sample documents\.", done.stderr)
    again = process("demo", "--check", "--json")
    assert again.returncode == 0
    assert json.loads(again.stdout)["address"].startswith("http://127.0.0.1:")
    assert "Indexed" not in again.stderr
    assert crosstongue("search", "train").returncode == 1  # one's own index is another one
    found = crosstongue("search", "train", "--index", home / ".local/share/crosstongue/demo")
    assert found.returncode == 0
    assert found.stdout.startswith(" 1 ")


def test_a_demo_index_of_another_version_is_made_anew(crosstongue, home):
    import sqlite3

    crosstongue("demo", "--check")
    database = home / ".local/share/crosstongue/demo/index.db"
    for damage in (
        "PRAGMA user_version = 999",
        'UPDATE meta SET value = replace(value, \'"revision": "\', \'"revision": "0\')',
    ):
        with sqlite3.connect(database) as connection:
            connection.execute(damage)
        connection.close()
        done = crosstongue("demo", "--check")
        assert done.returncode == 0, done.stderr
        assert "sample documents" in done.stderr
