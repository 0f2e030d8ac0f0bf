"""Declared directories: tables of files that many scopes share.

A `Directory` is a table, written once: names and what stands behind them. A live node is a pair
(declaration, scope), made when a path is looked up, so that the root, every ``instances/NAME`` and
every ``per_cpu/cpuN`` share one table and no file has an object of its own::

    INSTANCE: Directory[TraceArray] = Directory()
    TOP: Directory[TraceArray] = Directory(base=INSTANCE)

    @INSTANCE.file("tracing_on", since="2.6.28")
    def tracing_on(tr: TraceArray) -> str:
        '''1 while the ring buffer accepts records'''
        return f"{tr.on:d}\\n"

    @tracing_on.write
    def _(tr: TraceArray, text: str) -> None:
        tr.on = parse_bool(text)            # raises OSError(EINVAL)
"""

from __future__ import annotations

import errno
import inspect
import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Generic, TypeVar

from tracefs.control.handle import Handle, SeqHandle, Task, Text, TextHandle, error
from tracefs.release import Release, parse_version

S = TypeVar("S")
C = TypeVar("C")
H = TypeVar("H", bound="type[Handle[Any]]")

DIRECTORY_MODE = 0o750
NAME_MAX = 255
S_IFREG, S_IFDIR = 0o100000, 0o040000


class Declaration:
    """One name of a table, with the releases that have it (``since`` included, ``until`` not)."""

    def __init__(self, name: str, since: str | None, until: str | None, doc: str | None) -> None:
        self.name = name
        self.since = since
        self.until = until
        self._doc = doc

    @property
    def doc(self) -> str:
        """Its docstring, without the indentation of the source."""
        return inspect.cleandoc(self._doc or "")

    def within(self, release: Release) -> bool:
        """True if this release has it."""
        return release.within(self.since, self.until)

    def overlaps(self, other: Declaration) -> bool:
        """True if a release could have both."""
        return self._begins_before_end_of(other) and other._begins_before_end_of(self)

    def _begins_before_end_of(self, other: Declaration) -> bool:
        if self.since is None or other.until is None:
            return True
        return parse_version(self.since) < parse_version(other.until)


class File(Declaration, Generic[S]):
    """A declared file. ``doc``, the docstring of its declaration, is its entry in README."""

    def __init__(
        self,
        name: str,
        *,
        since: str | None = None,
        until: str | None = None,
        mode: int | None = None,
        doc: str | None = None,
        show: Callable[[S], Text] | None = None,
        records: Callable[[S], Iterable[Text]] | None = None,
        handle: type[Handle[S]] | None = None,
        seekable: bool = True,
    ) -> None:
        super().__init__(name, since, until, doc)
        self._seekable = seekable
        self._mode = mode
        self._show = show
        self._records = records
        self._handle = handle
        self._store: Callable[[S, str], int | None] | None = None

    @property
    def mode(self) -> int:
        """Permission bits: 0640 if it can be written, else 0440, unless declared."""
        if self._mode is not None:
            return self._mode
        return 0o640 if self._store or self._handle else 0o440

    def write(self, function: Callable[[S, str], int | None]) -> Callable[[S, str], int | None]:
        """Decorator: the function that takes what is written (characters are bytes 0-255).

        It returns how much it took, or None for all of it, and raises OSError.
        """
        self._store = function
        return function

    def open(self, scope: S, flags: int, task: Task) -> Handle[S]:
        """Open the file of that scope."""
        if self._handle is not None:
            return self._handle(scope, flags, task)
        if self._records is not None:
            return SeqHandle(scope, flags, task, self._records, self._store)
        text = TextHandle(scope, flags, task, self._show, self._store)
        text.seekable = self._seekable
        return text


class Child(Declaration, Generic[S, C]):
    """A sub-directory with a fixed name."""

    def __init__(
        self,
        name: str,
        table: Directory[C],
        scope: Callable[[S], C],
        since: str | None,
        until: str | None,
        doc: str | None,
    ) -> None:
        super().__init__(name, since, until, doc)
        self.table = table
        self.scope = scope


class Family(Generic[S, C]):
    """Entries whose names are known only at run time, all of one kind: CPUs, options, instances."""

    def __init__(
        self,
        kind: Directory[C] | File[C],
        names: Callable[[S], Iterable[str]],
        find: Callable[[S, str], C | None],
        make: Callable[[S, str], None] | None = None,
        remove: Callable[[S, str], None] | None = None,
        hold: Callable[[C, int], None] | None = None,
    ) -> None:
        """``hold`` counts the open files below a member: 1 more, -1 less."""
        self.kind = kind
        self.names = names
        self.find = find
        self.make = make
        self.remove = remove
        self.hold = hold


class Directory(Generic[S]):
    """A table of files and sub-directories over scopes of type S.

    It has everything that ``base`` has; ``base_scope`` gives the base's scope from its own, where
    they differ.
    """

    def __init__(
        self,
        base: Directory[Any] | None = None,
        base_scope: Callable[[S], Any] = lambda scope: scope,
        mode: int = DIRECTORY_MODE,
    ) -> None:
        self.base = base
        self.base_scope = base_scope
        self.mode = mode
        self._entries: dict[str, list[Declaration]] = {}
        self._family: Family[S, Any] | None = None

    def file(
        self,
        name: str,
        *,
        since: str | None = None,
        until: str | None = None,
        mode: int | None = None,
        seekable: bool = True,
    ) -> Callable[[Callable[[S], Text]], File[S]]:
        """Decorator: a file whose text the function makes for each read."""

        def declare(show: Callable[[S], Text]) -> File[S]:
            file: File[S] = File(
                name,
                since=since,
                until=until,
                mode=mode,
                doc=show.__doc__,
                show=show,
                seekable=seekable,
            )
            return self._add(file)

        return declare

    def seq(
        self,
        name: str,
        *,
        since: str | None = None,
        until: str | None = None,
        mode: int | None = None,
    ) -> Callable[[Callable[[S], Iterable[Text]]], File[S]]:
        """Decorator: a file of records (see SeqHandle); the function yields them in order."""

        def declare(records: Callable[[S], Iterable[Text]]) -> File[S]:
            doc = records.__doc__
            return self._add(
                File(name, since=since, until=until, mode=mode, doc=doc, records=records)
            )

        return declare

    def handle(
        self,
        name: str,
        *,
        since: str | None = None,
        until: str | None = None,
        mode: int = 0o640,
    ) -> Callable[[H], H]:
        """Class decorator: a file with a state from open to close (a Handle)."""

        def declare(handle: H) -> H:
            doc = handle.__doc__
            self._add(File(name, since=since, until=until, mode=mode, doc=doc, handle=handle))
            return handle

        return declare

    def sink(
        self,
        name: str,
        *,
        since: str | None = None,
        until: str | None = None,
        mode: int = 0o220,
    ) -> Callable[[Callable[[S, str], int | None]], File[S]]:
        """Decorator: a file that is only written; reading it gives EINVAL."""

        def declare(take: Callable[[S, str], int | None]) -> File[S]:
            file: File[S] = File(name, since=since, until=until, mode=mode, doc=take.__doc__)
            file.write(take)
            return self._add(file)

        return declare

    def directory(
        self,
        name: str,
        table: Directory[C],
        scope: Callable[[S], C],
        *,
        since: str | None = None,
        until: str | None = None,
        doc: str | None = None,
    ) -> None:
        """A sub-directory; ``scope`` gives its scope from this one's."""
        self._add(Child(name, table, scope, since, until, doc))

    def family(self, family: Family[S, C]) -> None:
        """Let the names of this directory be found at run time."""
        self._family = family

    def declarations(self, release: Release) -> Iterator[Declaration]:
        """What this table declares for a release, the base's first."""
        if self.base is not None:
            for declaration in self.base.declarations(release):
                if declaration.name not in self._entries:
                    yield declaration
        for versions in self._entries.values():
            yield from (entry for entry in versions if entry.within(release))

    def find(self, name: str, scope: S, release: Release) -> tuple[Declaration, Any] | None:
        """The declaration of that name, if the release has it, and the scope it is for."""
        for entry in self._entries.get(name, ()):
            if entry.within(release):
                return entry, scope
        if self.base is None or name in self._entries:
            return None
        return self.base.find(name, self.base_scope(scope), release)

    def members(self, scope: S) -> tuple[Family[Any, Any], Any] | None:
        """The names found at run time, if there are any, and the scope they are found in."""
        if self._family is not None:
            return self._family, scope
        return self.base.members(self.base_scope(scope)) if self.base is not None else None

    def _add(self, declaration: D) -> D:
        versions = self._entries.setdefault(declaration.name, [])
        if any(declaration.overlaps(other) for other in versions):
            raise ValueError(f"{declaration.name} is declared twice for one release")
        versions.append(declaration)
        return declaration


D = TypeVar("D", bound=Declaration)


class Node:
    """A name of the live tree: a declaration and the scope it is seen in."""

    def __init__(
        self,
        declaration: Directory[Any] | File[Any],
        scope: Any,
        release: Release,
        hold: Callable[[int], None] | None = None,
    ) -> None:
        self._declaration = declaration
        self._scope = scope
        self._release = release
        self._hold = hold

    @property
    def is_directory(self) -> bool:
        """True for directories."""
        return isinstance(self._declaration, Directory)

    def attr(self) -> tuple[int, int, int]:
        """(mode with the type, number of links, size); the size is always 0."""
        table = self._declaration
        if isinstance(table, File):
            return S_IFREG | table.mode, 1, 0
        return S_IFDIR | table.mode, 2 + self._subdirectories(table), 0

    def names(self) -> list[str]:
        """The names in a directory (ENOTDIR)."""
        table = self._table()
        names = [declaration.name for declaration in table.declarations(self._release)]
        members = table.members(self._scope)
        if members is not None:
            family, scope = members
            names.extend(family.names(scope))
        return names

    def child(self, name: str) -> Node:
        """The node of that name (ENOENT, ENOTDIR, ENAMETOOLONG)."""
        table = self._table()
        if len(os.fsencode(name)) > NAME_MAX:
            raise error(errno.ENAMETOOLONG)
        found = table.find(name, self._scope, self._release)
        if found is not None:
            declaration, scope = found
            if isinstance(declaration, File):
                return Node(declaration, scope, self._release, self._hold)
            assert isinstance(declaration, Child)
            return Node(declaration.table, declaration.scope(scope), self._release, self._hold)
        members = table.members(self._scope)
        if members is not None:
            family, scope = members
            member = family.find(scope, name)
            if member is not None:
                hold = partial(family.hold, member) if family.hold else self._hold
                return Node(family.kind, member, self._release, hold)
        raise error(errno.ENOENT)

    def open(self, flags: int, task: Task) -> Handle[Any]:
        """Open a file (EISDIR, and whatever its open fails with)."""
        if not isinstance(self._declaration, File):
            raise error(errno.EISDIR)
        handle = self._declaration.open(self._scope, flags, task)
        if self._hold is not None:
            self._hold(1)
            handle.holds = partial(self._hold, -1)
        return handle

    def mkdir(self, name: str) -> None:
        """Make a sub-directory where the kernel allows it (EPERM elsewhere, EEXIST)."""
        family, scope = self._table().members(self._scope) or (None, None)
        if family is None or family.make is None:
            raise error(errno.EPERM)
        family.make(scope, name)

    def rmdir(self, name: str) -> None:
        """Remove a sub-directory where the kernel allows it (EPERM elsewhere, ENOENT, EBUSY)."""
        self.child(name)
        family, scope = self._table().members(self._scope) or (None, None)
        if family is None or family.remove is None:
            raise error(errno.EPERM)
        family.remove(scope, name)

    def _table(self) -> Directory[Any]:
        if isinstance(self._declaration, Directory):
            return self._declaration
        raise error(errno.ENOTDIR)

    def _subdirectories(self, table: Directory[Any]) -> int:
        count = sum(isinstance(d, Child) for d in table.declarations(self._release))
        family, scope = table.members(self._scope) or (None, None)
        if family is not None and isinstance(family.kind, Directory):
            count += sum(1 for _ in family.names(scope))
        return count
