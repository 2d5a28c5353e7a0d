"""The system calls that confined code may make, by their numbers on each kind of processor.

Whatever is not listed does not exist for confined code. Source: asm/unistd_64.h of x86-64, and
asm-generic/unistd.h, which holds for AArch64.
"""

from __future__ import annotations

ABSENT = -1
"""Number of a call that a kind of processor does not have."""
ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
"""The kernel's name of each architecture (AUDIT_ARCH of linux/audit.h), and its place in the tables below."""

PLAIN: dict[str, tuple[int, int]] = {
    # files and pipes that are open, and files that Landlock lets it open for reading
    "read": (0, 63),
    "write": (1, 64),
    "readv": (19, 65),
    "writev": (20, 66),
    "pread64": (17, 67),
    "preadv": (295, 69),
    "close": (3, 57),
    "lseek": (8, 62),
    "open": (2, ABSENT),
    "openat": (257, 56),
    "dup": (32, 23),
    "dup2": (33, ABSENT),
    "dup3": (292, 24),
    "pipe": (22, ABSENT),
    "pipe2": (293, 59),
    "eventfd2": (290, 19),
    "fadvise64": (221, 223),
    # what is known of files
    "fstat": (5, 80),
    "newfstatat": (262, 79),
    "stat": (4, ABSENT),
    "lstat": (6, ABSENT),
    "statx": (332, 291),
    "access": (21, ABSENT),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "readlink": (89, ABSENT),
    "readlinkat": (267, 78),
    "getdents64": (217, 61),
    "getcwd": (79, 17),
    # memory of its own
    "mmap": (9, 222),
    "munmap": (11, 215),
    "mprotect": (10, 226),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "brk": (12, 214),
    "membarrier": (324, 283),
    # threads of its own, waiting, signals to itself
    "futex": (202, 98),
    "set_robust_list": (273, 99),
    "rseq": (334, 293),
    "set_tid_address": (218, 96),
    "poll": (7, ABSENT),
    "ppoll": (271, 73),
    "select": (23, ABSENT),
    "pselect6": (270, 72),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "sched_getscheduler": (145, 120),
    "sched_getparam": (143, 121),
    "sched_get_priority_max": (146, 125),
    "sched_get_priority_min": (147, 126),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "rt_sigpending": (127, 136),
    "sigaltstack": (131, 132),
    "restart_syscall": (219, 128),
    "nanosleep": (35, 101),
    "clock_nanosleep": (230, 115),
    "exit": (60, 93),
    "exit_group": (231, 94),
    # what it may know of itself and of the machine
    "getpid": (39, 172),
    "gettid": (186, 178),
    "getppid": (110, 173),
    "getuid": (102, 174),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getegid": (108, 177),
    "getresuid": (118, 148),
    "getresgid": (120, 150),
    "getcpu": (309, 168),
    "getrandom": (318, 278),
    "getrusage": (98, 165),
    "getrlimit": (97, 163),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "gettimeofday": (96, 169),
    "time": (201, ABSENT),
    "times": (100, 153),
    "uname": (63, 160),
    "sysinfo": (99, 179),
}
"""Calls that may be made with any arguments."""

CLONE, FCNTL, IOCTL, PRCTL = (56, 220), (72, 25), (16, 29), (157, 167)
PRLIMIT, TGKILL = (302, 261), (234, 131)
"""Calls that may be made with some arguments only."""
SECCOMP, CAPGET, CAPSET = (317, 277), (125, 90), (126, 91)
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = (444, 444), (445, 445), (446, 446)
"""Calls that MXT makes to confine a process."""
