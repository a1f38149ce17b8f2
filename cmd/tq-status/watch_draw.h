/* cmd/tq-status/watch_draw.h -- the screens of --watch.  Pure. */
#ifndef TQ_WATCH_DRAW_H
#define TQ_WATCH_DRAW_H

#include "watch_pen.h"
#include "watch_view.h"

/*
 * watch_draw(p, v, d, detail, s):
 * Write the whole screen, ${p} zeroed but for its out, text, size, color and
 * utf8: at most p->height lines of at most p->width columns, with a line feed
 * between them (none at the end).  With p->color SGR sequences come in; no
 * other control character does, whatever tasks have in their texts.  ${s} is
 * arranged for watch_draw_height() lines; on other screens than SCREEN_ALL its
 * page and detail_lines are set.
 */
void watch_draw(struct pen *p, struct watch_view *v,
    const struct watch_data *d, const struct watch_detail *detail,
    struct watch_shown *s);

/* watch_draw_height(v, s, width, height): the lines that are left for the
   parts. */
int watch_draw_height(const struct watch_view *v, const struct watch_shown *s,
    int width, int height);

#endif
