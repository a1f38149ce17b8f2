/*
 * lib/store/aws/page.h -- a page of a list: keys from the index, then the
 * records themselves by consistent reads.
 */
#ifndef TQ_STORE_AWS_PAGE_H
#define TQ_STORE_AWS_PAGE_H

#include "store/aws/record/merge.h"
#include "store/aws/record/record.h"

#define AQ_SCAN_MAX	20000	/* entries read for one page */

/*
 * The parts of a list, in their order.  A task past its deadline is shown as
 * the next write will make it, though it stands elsewhere yet, and one that runs
 * may stand where it waited.
 */
struct aq_list_part {
	enum tq_status	stands, is;
};

#define AQ_PARTS	12
extern const struct aq_list_part aq_list_parts[AQ_PARTS];

/* A page that is being filled. */
struct aq_paging {
	struct aq		*s;
	const struct tq_list	*req;
	struct tq_arena		*a;
	struct tq_page		*page;
	int64_t			 now;
	const char		**queues;
	size_t			 nqueues;
	size_t			 scanned;	/* entries read */
	size_t			 scan_max;	/* AQ_SCAN_MAX */
};

/* aq_part_wanted(p, part): may the filter let records of it through? */
bool aq_part_wanted(const struct aq_paging *p, size_t part);

/* aq_part_left(part): is it of what runs and stands where it waited? */
bool aq_part_left(size_t part);

/*
 * aq_part_since(p, part, since)
 * aq_part_until(p, part, until):
 * Where in the index its first entry may be, at least ${since}, and its last, at
 * most ${until}; 0: anywhere.
 */
int64_t aq_part_since(const struct aq_paging *p, size_t part, int64_t since);
int64_t aq_part_until(const struct aq_paging *p, size_t part, int64_t until);

/* aq_entry_wanted(p, part, e): as far as the entry tells, which is of it. */
bool aq_entry_wanted(const struct aq_paging *p, size_t part,
    const struct aq_entry *e);

/*
 * aq_page_add(p, ids, n, statuses, err): read these records, and add those in
 * one of ${statuses} (0: any) that the filter lets through.
 */
int aq_page_add(struct aq_paging *p, const char *const *ids, size_t n,
    unsigned statuses, struct tq_err *err);

/*
 * aq_newest(p, rest, err): newest.c.
 * Fill the page by createdAt, the newest first, from the cursor of an earlier
 * call.  No more than p->scan_max entries are looked at, those that changed
 * last; *${rest} is set when they are all told, and is the time up to which
 * the others changed: the caller goes on with those, by status.  It stays 0
 * while the page's cursor says where to go on here, and when there is no more.
 */
int aq_newest(struct aq_paging *p, int64_t *rest, struct tq_err *err);

/* -- list.c --------------------------------------------------------------- */

/* aq_list_within(...): as aq_list(), with another p->scan_max. */
int aq_list_within(struct aq *s, const struct tq_list *req, size_t scan_max,
    struct tq_arena *a, struct tq_page *page, struct tq_err *err);

#endif
