/* lib/store/sqlite/ops.c -- the verbs of the sqlite store, as a table. */
#include "store/sqlite/backup.h"
#include "store/sqlite/sqlite.h"

const struct tq_store_ops tq_sqlite_ops = {
	.scheme = "sqlite:", .open = sq_open, .close = sq_close,
	.there = sq_there, .waits = sq_waits, .submit = sq_submit, .extend = sq_extend, .finish = sq_finish,
	.get = sq_get, .list = sq_list, .count = sq_count,
	.rates = sq_rates,
	.wait_ready = sq_wait_ready, .wait_cancel = sq_wait_cancel,
	.wake = sq_store_wake,
	.wait_ids = sq_wait_ids, .wait_changes = sq_wait_changes,
	.cancel = sq_cancel, .redrive = sq_redrive, .purge = sq_purge,
	.edit = sq_edit, .parents = sq_parents, .children = sq_children,
	 .control_get = sq_control_get,
	.control_list = sq_control_list,
	.control_set = sq_control_set, .present = sq_present,
	.workers = sq_workers, .sweep = sq_sweep, .blob_tmp = sq_blob_tmp,
	.blob_put = sq_blob_put, .blob_get = sq_blob_get,
	.blob_del = sq_blob_del, .blob_url = sq_blob_url, .init = sq_init,
	.doctor = sq_doctor, .backup = sq_backup, .restore = sq_restore,
};
