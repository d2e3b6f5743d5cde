"""Treats the disk cache badly in one way after the other and prints, for each, what attn-run said.

disk_cache.py FOLDER GROUP: runs the cases of one group below FOLDER, a line each."""

import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import time

KERNEL = pathlib.Path(__file__).parent / "cached.mlir"
FOLDER = pathlib.Path(sys.argv[1])
CACHE = FOLDER / "cache"
#: Root writes where modes forbid it, unless it gives that up.
OBEY_MODES = ["setpriv", "--bounding-set=-dac_override"] if os.geteuid() == 0 else []


def start(name="run", cache=CACHE, program="attn-run", before=None, prefix=()):
    """Starts attn-run with the cache; what it says goes to files called `name`."""
    command = [*prefix, str(program), str(KERNEL), "--dim=9"]
    command += [f"--stats={FOLDER / name}.json", f"--output={FOLDER / name}.npy"]
    environment = {**os.environ, "ATTN_CACHE_DIR": str(cache)}
    return subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.DEVNULL,
        preexec_fn=before,
        restore_signals=False,
    )


def finish(process, name="run"):
    """Its statistics; the result must be that of the first run of all."""
    assert process.wait() == 0
    result, good = FOLDER / f"{name}.npy", FOLDER / "good.npy"
    if not good.exists():
        shutil.copy(result, good)
    assert result.read_bytes() == good.read_bytes()
    return json.loads((FOLDER / f"{name}.json").read_text())


def run(**options):
    return finish(start(**options))


def say(case, stats):
    text = "hit" if stats["disk_hit"] else f"{stats['kernels_compiled']} compiled"
    for what in ("disk_rejected", "disk_failed"):
        if stats[what]:
            text += f", {what}: {stats[what]}"
    print(f"{case}: {text}", flush=True)


def entries(folder=CACHE):
    return sorted(folder.glob("*.kernel"))


def change(at, value):
    """Writes over bytes of a file: `at` from its start, or from its end if negative."""

    def damage(path):
        content = bytearray(path.read_bytes())
        at_byte = at % len(content)
        content[at_byte : at_byte + len(value)] = value
        path.write_bytes(content)

    return damage


def flip(share):
    """Flips a bit of the byte at this share of the length."""

    def damage(path):
        content = bytearray(path.read_bytes())
        content[int(share * (len(content) - 1))] ^= 1
        path.write_bytes(content)

    return damage


def become_link(path):
    path.rename(FOLDER / "elsewhere")
    path.symlink_to(FOLDER / "elsewhere")


def become_pipe(path):
    path.unlink()
    os.mkfifo(path, 0o600)


def damaged():
    """Bad entries are told, compiled again and replaced."""
    cases = {
        "truncated": lambda path: os.truncate(path, path.stat().st_size // 2),
        "empty": lambda path: os.truncate(path, 0),
        "one byte more": lambda path: path.write_bytes(path.read_bytes() + b"\0"),
        "magic": change(0, b"ELF"),
        "version": change(8, b"\xff"),
        "key": change(16, bytes(32)),
        "huge size": change(48, b"\xff" * 8),
        "hash": change(-32, bytes(32)),
        "first payload byte": flip(0.01),
        "middle": flip(0.5),
        "near the end": flip(0.98),
        "huge file": lambda path: os.truncate(path, 1 << 40),
        "writable by the group": lambda path: path.chmod(0o620),
        "writable by all": lambda path: path.chmod(0o602),
        "link": become_link,
        "pipe": become_pipe,
    }
    if os.geteuid() == 0:
        cases["other owner"] = lambda path: os.chown(path, 65534, -1)
    run()
    (path,) = entries()
    for case, damage in cases.items():
        damage(path)
        say(case, run())
        stats = run()
        assert stats["disk_hit"] and stats["kernels_compiled"] == 0, case
        assert entries() == [path] and path.is_file() and not path.is_symlink()


def directories():
    """Directories that cannot be used, or should not be."""
    run(cache="")
    good = FOLDER / "good"
    good.mkdir(mode=0o700)
    (FOLDER / "link").symlink_to(good)
    say("link", run(cache=FOLDER / "link"))
    say("link and slash", run(cache=f"{FOLDER / 'link'}/"))
    good.chmod(0o770)
    say("writable by the group", run(cache=good))
    good.chmod(0o707)
    say("writable by all", run(cache=good))
    good.chmod(0o700)
    if os.geteuid() == 0:
        os.chown(good, 65534, -1)
        say("other owner", run(cache=good))
        os.chown(good, 0, -1)
    (FOLDER / "file").touch()
    say("below a file", run(cache=FOLDER / "file" / "cache"))
    good.chmod(0o500)
    say("read-only", run(cache=good, prefix=OBEY_MODES))
    assert not list(good.iterdir())
    good.chmod(0o700)
    say("usable", run(cache=good))
    good.chmod(0o500)
    say("read-only with the kernel", run(cache=good, prefix=OBEY_MODES))
    good.chmod(0o700)


def small_files():
    """Makes every write beyond 4 KiB fail, as on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


def room():
    """A disk that is full, and a cache that is."""
    say("full disk", run(before=small_files))
    assert not list(CACHE.iterdir())
    old, recent = CACHE / ("0" * 64 + ".kernel"), CACHE / ("1" * 64 + ".kernel")
    left, other = CACHE / ".of-the-dead.tmp", CACHE / "notes"
    fresh = CACHE / ".of-the-living.tmp"
    for path, size, age in (
        (old, 512 << 20, 9000),
        (recent, 1 << 20, 5),
        (left, 1, 9000),
        (fresh, 1, 5),
        (other, 1, 9000),
    ):
        path.touch()
        os.truncate(path, size)
        os.utime(path, (time.time() - age,) * 2)
    say("full cache", run())
    for path in (old, recent, left, fresh, other):
        print(f"{path.name.strip('.')[:9]}: {'kept' if path.exists() else 'removed'}")
    (path,) = set(entries()) - {recent}
    # A hit is a use.
    os.utime(path, (time.time() - 9000,) * 2)
    say("kept", run())
    assert time.time() - path.stat().st_mtime < 1000


def concurrent():
    """Processes that all want the kernel at once."""
    names = [f"run{k}" for k in range(8)]
    processes = [start(name=name) for name in names]
    stats = [finish(process, name) for process, name in zip(processes, names)]
    assert all(not s["disk_rejected"] and not s["disk_failed"] for s in stats)
    print(f"{len(stats)} done, {len(list(CACHE.iterdir()))} file")
    say("afterwards", run())


def rebuilt():
    """The same program with another build id is another compiler."""
    program = pathlib.Path(shutil.which("attn-run"))
    content = bytearray(program.read_bytes())
    note = content.index(b"\x14\0\0\0\x03\0\0\0GNU\0")
    content[note + 12] ^= 1
    other = FOLDER / "attn-run"
    other.write_bytes(content)
    other.chmod(0o700)
    say("first", run())
    say("rebuilt", run(program=other))
    say("rebuilt again", run(program=other))
    say("first again", run())
    content[note + 8 : note + 12] = b"XYZ\0"
    other.write_bytes(content)
    say("without a build id", run(program=other))


def quick():
    """What a load costs is only the load: no pass, no optimisation, no code is made."""
    run()
    stats = run()
    compiled = [stats[part] for part in ("passes_ms", "optimise_ms", "emit_ms")]
    print(f"loaded in {stats['load_ms']:.2f} ms", file=sys.stderr)
    print("only loaded" if compiled == [0, 0, 0] and stats["load_ms"] > 0 else stats)


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    globals()[sys.argv[2]]()
