"""SecantusDB's MongoDB server, corrected in one place.

MongoDB replaces an empty timestamp at the top of a document that is inserted by the next tick of its clock
(https://www.mongodb.com/docs/manual/reference/bson-types/#timestamps). SecantusDB 0.7.0b3 keeps it empty. The order of
Kingpost's commit log rests on these ticks, so they are added here.
"""

from bson import Timestamp
from secantus import cli, storage

insert = storage.Storage.insert


def insert_with_ticks(self, db, coll, docs, **options):
    docs = list(docs)
    for doc in docs:
        for name, value in doc.items():
            if name != "_id" and isinstance(value, Timestamp) and value.time == 0 and value.inc == 0:
                doc[name] = self.current_cluster_time()
    return insert(self, db, coll, docs, **options)


storage.Storage.insert = insert_with_ticks
cli.main()
