/* lib/image/pnm_head.c -- headers of PBM, PGM, PPM (P1 to P6) and PAM (P7). */
#include "image/pnm.h"

#include <string.h>

void
tq_pnm_space(const uint8_t *p, size_t n, size_t *at)
{
	for (; *at < n; ++*at) {
		if (p[*at] == '#')
			while (*at < n && p[*at] != '\n')
				++*at;
		else if (p[*at] != ' ' && (p[*at] < '\t' || p[*at] > '\r'))
			return;
		if (*at == n)
			return;
	}
}

bool
tq_pnm_number(const uint8_t *p, size_t n, size_t *at, uint32_t *out)
{
	uint32_t v = 0;
	size_t from;

	tq_pnm_space(p, n, at);
	from = *at;
	for (; *at < n && p[*at] >= '0' && p[*at] <= '9'; ++*at) {
		if (v > 9999999)
			return false;
		v = v * 10 + (p[*at] - '0');
	}
	*out = v;
	return *at > from;
}

static int
bad_header(size_t at, size_t n, struct tq_err *err)
{
	return TQ_BAD_IMAGE(err, at >= n ?
	    "truncated PNM: ends in its header" :
	    "corrupt PNM: no width, height and maximum");
}

/* P1 to P6: three numbers, PBM's two. */
static int
read_numbers(const uint8_t *p, size_t n, struct pnm *m, struct tq_err *err)
{
	size_t at = 2;

	m->ascii = p[1] <= '3';
	m->bits = p[1] == '1' || p[1] == '4';
	m->channels = p[1] == '3' || p[1] == '6' ? 3 : 1;
	m->maxval = 1;
	if (!tq_pnm_number(p, n, &at, &m->width) ||
	    !tq_pnm_number(p, n, &at, &m->height) ||
	    (!m->bits && !tq_pnm_number(p, n, &at, &m->maxval)))
		return bad_header(at, n, err);
	m->body = at + 1;	/* exactly one white space */
	return 0;
}

/* Is the line at ${at} one that starts with ${word}?  Then to its value. */
static bool
has_word(const uint8_t *p, size_t n, size_t *at, const char *word)
{
	size_t k = strlen(word);

	if (n - *at < k || memcmp(p + *at, word, k) != 0)
		return false;
	*at += k;
	return true;
}

/* One line of a PAM's header: 1; 0 for its last one; -1 for nonsense. */
static int
read_line(const uint8_t *p, size_t n, size_t *at, struct pnm *m)
{
	bool ok = true;

	tq_pnm_space(p, n, at);
	if (has_word(p, n, at, "ENDHDR\n"))
		return 0;
	if (has_word(p, n, at, "WIDTH "))
		ok = tq_pnm_number(p, n, at, &m->width);
	else if (has_word(p, n, at, "HEIGHT "))
		ok = tq_pnm_number(p, n, at, &m->height);
	else if (has_word(p, n, at, "DEPTH "))
		ok = tq_pnm_number(p, n, at, &m->channels);
	else if (has_word(p, n, at, "MAXVAL "))
		ok = tq_pnm_number(p, n, at, &m->maxval);
	else if (has_word(p, n, at, "TUPLTYPE ")) {
		m->ink = has_word(p, n, at, "CMYK");
		while (*at < n && p[*at] != '\n')
			++*at;
	} else
		ok = false;
	return ok && *at < n ? 1 : -1;
}

static int
read_pam(const uint8_t *p, size_t n, struct pnm *m, struct tq_err *err)
{
	size_t at = 2;
	int rc;

	while ((rc = read_line(p, n, &at, m)) == 1)
		continue;
	if (rc == -1)
		return bad_header(at, n, err);
	m->body = at;
	if (m->channels == 0 || m->channels > 4)
		return TQ_BAD_IMAGE(err, "PAM of depth %u is not supported",
		    m->channels);
	m->ink = m->ink && m->channels == 4;
	return 0;
}

int
tq_pnm_head(const uint8_t *p, size_t n, struct pnm *m, struct tq_err *err)
{
	memset(m, 0, sizeof(*m));
	if ((p[1] == '7' ? read_pam : read_numbers)(p, n, m, err) == -1)
		return -1;
	if (m->width == 0 || m->height == 0 || m->maxval == 0 ||
	    m->maxval > 65535)
		return TQ_BAD_IMAGE(err,
		    "corrupt PNM: %ux%u pixels with a maximum of %u",
		    m->width, m->height, m->maxval);
	return 0;
}
