"""Settings of a server whose data nobody needs after the run."""

from collections.abc import Iterator

THROWAWAY = {
    "autovacuum": "off",  # the run vacuums by itself, at moments of its own choice
    "fsync": "off",
    "full_page_writes": "off",
    "jit": "off",  # compiles for hundreds of ms where a recursive query's cost is overestimated
    "log_min_messages": "log",  # no line per failed statement: hybrids under test fail by the thousand
    "max_parallel_workers_per_gather": "0",
    "max_wal_senders": "0",
    "restart_after_crash": "off",  # a crash is evidence; the run starts another server
    "shared_buffers": "32MB",
    "synchronous_commit": "off",
    "temp_file_limit": "1GB",  # for one process: a join that explodes must not fill the disk, or the memory
    "timezone": "UTC",
    "wal_level": "minimal",
}

OWNED_SOCKET = {
    "cluster_name": "hybrid-harness",
    "dynamic_shared_memory_type": "mmap",  # in the data folder: containers have a tiny /dev/shm
    "listen_addresses": "",
    "port": "5432",  # over any PGPORT; it only names the socket
}


def arguments(*settings: dict[str, str]) -> Iterator[str]:
    """Yield the settings as command line arguments of ``postgres``."""
    for group in settings:
        for name, value in group.items():
            yield from ("-c", f"{name}={value}")
