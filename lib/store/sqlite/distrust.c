/* lib/store/sqlite/distrust.c -- see distrust.h. */
#include "store/sqlite/distrust.h"

#include <stddef.h>

void
sq_distrust(sqlite3 *db)
{
	static const struct { int what, on; } rows[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
		{ SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		sqlite3_db_config(db, rows[i].what, rows[i].on, NULL);
}
