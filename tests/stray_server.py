"""A server in a thread of its own, which goes on while the event loop is busy: it answers each call, and then once more unasked."""

import socket
import threading
import time


class StrayServer:
    """Sends ``answers`` in their order, one to each call, and ``after`` the first of them, 30 ms later, ``stray``."""

    def __init__(self, answers, stray):
        self.answers, self.stray, self.calls = list(answers), stray, 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/"

    def __enter__(self):
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.socket.close()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        came = b""
        try:
            while True:
                while b"\r\n\r\n" not in came:
                    if not (part := connection.recv(65536)):
                        return
                    came += part
                head, _, came = came.partition(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].split()[0])
                while len(came) < length:
                    came += connection.recv(65536)
                came = came[length:]
                self.calls += 1
                connection.sendall(self.answers.pop(0))
                if self.calls == 1:
                    time.sleep(0.03)
                    connection.sendall(self.stray)
        except (OSError, IndexError):
            connection.close()
