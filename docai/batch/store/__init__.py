"""A batch job's memory: what it keeps at its destination, as objects in a bucket or files in a folder.

Nothing else remembers anything: a job that was killed, or that runs on three machines, finds here what is
done.
"""
