"""Ways in which the code of a hostile file could get out of a process; each returns once it is out.

Each attack is the body of a function. It raises an error, or kills its process, if it is stopped.
"""

from __future__ import annotations

import textwrap

OUT = "NotADirectoryError"

PROLOGUE = """
import ctypes, os, pathlib, platform, signal, socket, struct, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
ARM = platform.machine() == "aarch64"
def call(x86, arm, *arguments):
    number = arm if ARM else x86
    values = [ctypes.c_void_p(a) if isinstance(a, int) else a for a in arguments]
    result = libc.syscall(ctypes.c_long(number), *values)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
"""

ATTACKS = {
    # to the network
    "a TCP connection": "socket.create_connection(('127.0.0.1', PORT), 1)",
    "a UDP packet": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', PORT))",
    "a UNIX socket": "socket.socket(socket.AF_UNIX).connect(str(OUTSIDE / 'socket'))",
    "an abstract socket": "socket.socket(socket.AF_UNIX).bind(chr(0) + 'mxt' + str(os.getpid()))",
    "a pair of sockets": "socket.socketpair()",
    "a netlink socket": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)",
    # other processes
    "fork": "os.fork() or os._exit(0)",
    "vfork by its number": "os.posix_spawn('/bin/true', ['true'], {})",
    "clone by its number": "call(56, 220, 17, 0, 0, 0, 0) or os._exit(0)",
    "clone3": "call(435, 435, ctypes.create_string_buffer(struct.pack('8Q', 0, 0, 0, 0, 17, 0, 0, 0)), 64) "
    "or os._exit(0)",
    "exec": "os.execv('/bin/true', ['true'])",
    "exec of a file in memory": "f = os.memfd_create('x'); "
    "os.write(f, open('/bin/true', 'rb').read()); os.execve(f, ['x'], {})",
    "a namespace of its own": "call(272, 97, 0x10000000)",
    # files
    "a file in /tmp": "p = pathlib.Path(f'/tmp/mxt-{os.getpid()}'); p.write_text('x'); p.unlink()",
    "a file in /dev/shm": "p = pathlib.Path(f'/dev/shm/mxt-{os.getpid()}'); p.write_text('x'); p.unlink()",
    "a file outside": "(OUTSIDE / 'new').write_text('x')",
    "a changed file": "(OUTSIDE / 'file').write_text('x')",
    "its own file": "pathlib.Path(__file__).write_text('')",
    "truncate": "os.truncate(OUTSIDE / 'file', 0)",
    "chmod": "os.chmod(OUTSIDE / 'file', 0o777)",
    "chown": "os.chown(OUTSIDE / 'file', os.getuid(), os.getgid())",
    "utime": "os.utime(OUTSIDE / 'file', (1, 1))",
    "setxattr": "os.setxattr(OUTSIDE / 'file', 'user.mxt', b'x')",
    "rename": "os.rename(OUTSIDE / 'file', OUTSIDE / 'other')",
    "unlink": "os.unlink(OUTSIDE / 'file')",
    "symlink": "os.symlink('/etc', OUTSIDE / 'link')",
    "a hard link": "os.link(OUTSIDE / 'file', OUTSIDE / 'hard')",
    "mkdir": "os.mkdir(OUTSIDE / 'folder')",
    "mkfifo": "os.mkfifo(OUTSIDE / 'fifo')",
    "a secret": "(OUTSIDE / 'secret').read_text()",
    "a secret by a link of /proc": "pathlib.Path(f'/proc/self/root{OUTSIDE}/secret').read_text()",
    "the list of users": "pathlib.Path('/etc/passwd').read_text()",
    "the root folder": "os.listdir('/')",
    # the process that wants the answer
    "the parent's environment": "pathlib.Path(f'/proc/{PARENT}/environ').read_bytes()",
    "the parent's memory": "open(f'/proc/{PARENT}/mem', 'rb')",
    "the parent's memory by a call": "call(310, 270, PARENT, ctypes.create_string_buffer(16), 0, 0, 0, 0)",
    "the parent's files": "os.listdir(f'/proc/{PARENT}/fd')",
    "ptrace": "call(101, 117, 0x4206, PARENT, 0, 0)",
    "kill": "os.kill(PARENT, 0)",
    "kill of all": "os.killpg(os.getpgid(PARENT), 0)",
    "tgkill": "call(234, 131, PARENT, PARENT, 0)",
    "a signal by a file": "import fcntl; r, w = os.pipe(); fcntl.fcntl(r, fcntl.F_SETOWN, PARENT)",
    "pidfd_open": "os.pidfd_open(PARENT)",
    "the parent's priority": "os.setpriority(os.PRIO_PROCESS, PARENT, 10)",
    "the parent's limits": "import resource; resource.prlimit(PARENT, resource.RLIMIT_CORE, (0, 0))",
    "the parent's processors": "os.sched_setaffinity(PARENT, {0})",
    # its own bounds
    "a limit of its own": "import resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0))",
    "a life of its own": "code = libc.prctl(1, 0, 0, 0, 0); assert code == 0",
    "a session of its own": "call(105, 146, os.getuid())",
    # the kernel
    "io_uring": "call(425, 425, 1, ctypes.create_string_buffer(120))",
    "shared memory": "call(29, 194, 0, 4096, 0o1600)",
    "a queue of messages": "call(68, 186, 0, 0o1600)",
    "a ring of keys": "call(250, 219, 0, -4, 0)",
    "eventpoll": "import select; select.epoll()",
    "a file in memory": "os.memfd_create('x')",
    "inotify": "call(294, 26, 0)",
}
"""What works for any user on a machine without a sandbox, for root or else for its own files."""

DEEP = {
    "mount": "call(165, 40, b'none', b'/mnt', b'tmpfs', 0, 0)",
    "chroot": "os.chroot('/')",
    "setuid": "os.setuid(12345)",
    "a handle of a file": "call(304, 265, -100, ctypes.create_string_buffer(64), 0)",
    "bpf": "call(321, 280, 0, ctypes.create_string_buffer(64), 64)",
    "perf_event_open": "asked = ctypes.create_string_buffer(struct.pack('II', 1, 112), 112); "
    "call(298, 241, asked, 0, -1, -1, 0)",
    "userfaultfd": "call(323, 282, 1)",
    "a second filter": "call(317, 277, 2, 0, ctypes.create_string_buffer(struct.pack('I', 0x7fff0000)))",
    "modules of the kernel": "call(313, 273, 0, b'', 0)",
    "a call of 32 bits": """
import mmap
page = mmap.mmap(-1, 4096, prot=7)
page.write(bytes.fromhex('b814000000cd80c3'))
ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
""",
    "a call of x32": "call(0x40000000 | 39, -1)",
}
"""What needs rights that not every user or kernel has, so that it need not work without a sandbox."""

EXHAUSTING = {
    "memory": "kept = [bytearray(1 << 28) for _ in range(64)]",
    "mapped memory": "import mmap; kept = [mmap.mmap(-1, 1 << 28) for _ in range(64)]",
    "open files": "kept = [open('/dev/null') for _ in range(5000)]",
    "threads": """
def sleep():
    time.sleep(600)
for _ in range(5000):
    threading.Thread(target=sleep, daemon=True).start()
""",
    "time": "time.sleep(600)",
    "time of the processor": "exec('while True: pass')",
    "threads that outlive it": """
threading.Thread(target=time.sleep, args=(600,)).start()
sys.exit()
""",
    "signals that it ignores": """
for number in range(1, 32):
    if number not in (9, 19):
        signal.signal(number, signal.SIG_IGN)
time.sleep(600)
""",
    "an endless answer": """
for number in range(3, 30):
    try:
        while True:
            os.write(number, b'+' * (1 << 20))
    except OSError:
        pass
raise ValueError
""",
}
"""What uses up the machine; each ends by a bound."""


def source(body: str, **values: object) -> str:
    """A script that makes an attack, and ends with the error `OUT` once it is out."""
    known = "\n".join(f"{name} = {value!r}" for name, value in values.items())
    known += "\nOUTSIDE = pathlib.Path(OUTSIDE)" if "OUTSIDE" in values else ""
    attack = textwrap.indent(body.strip(), "    ")
    return f"{PROLOGUE}\n{known}\ndef attack():\n{attack}\nattack()\nraise {OUT}\n"


def all_in_one(**values: object) -> str:
    """A script that makes all `ATTACKS` in turn, and ends with an error named as those that got out."""
    known = "".join(f"{name} = {value!r}\n" for name, value in values.items())
    return f"""{PROLOGUE}
{known}
OUTSIDE = pathlib.Path(OUTSIDE)
out = []
for name, body in {ATTACKS!r}.items():
    try:
        exec(body)
    except Exception:
        continue
    out.append(name)
raise type(", ".join(out) or "nothing", (Exception,), {{}})
"""
