/* lib/store/sqlite/distrust.h -- a database that others may write to. */
#ifndef TQ_SQLITE_DISTRUST_H
#define TQ_SQLITE_DISTRUST_H

#include <sqlite3.h>

/*
 * sq_distrust(db): nothing that others may have put into the database runs with
 * our statements, neither triggers and views nor functions in an index
 * (sqlite.org/security.html).  We have none of our own.
 */
void sq_distrust(sqlite3 *db);

#endif
