"""What the processes of ``tracefs run`` do outside the mount becomes system calls of the guest.

The command runs under ``strace --seccomp-bpf``, which writes a line into a fifo for each fork,
exec, exit, open, read, ... of its processes. The daemon reads the lines and has the guest run the
same calls, in the same tasks.

Order: strace writes a call's line before it lets the process go on. All that a process has done
before it asks something of the mount is therefore in the fifo by then, and is put through before
the mount answers. The fifo is the only queue and has its bound: when it is full the command waits,
and a guest that is dead reads on.

Nothing here acts on the host: lines are read, and the guest is run. Calls that could sleep there
are not put through, so that the mount never waits for the command.

    strace    its command line
    lines     its output: Parser
    calls     one declaration for each system call
    process   a process: descriptors, current directory
    replay    whose line it is; fork, exec, exit
    bridge    the fifo, and keeping up with it
"""
