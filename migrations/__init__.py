"""One tree of migrations for both dialects.

Each one says whether it is `additive`: whether programs of the revision before may go on with the database.
That holds for new tables, indexes, and columns that an INSERT may leave out (nullable or with a server
default), as long as old rows and new ones mean to an older program what they meant before. Where it is False,
older programs refuse to start, older workers end before their next claim, and both say so; drain the workers
first, since what they have in hand still writes.

Which revisions may go on is kept in the table `compatible_revisions` (core.store.compatibility), so that an
older program can tell without knowing the migration.
"""
