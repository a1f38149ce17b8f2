/*
 * lib/image/modules/color.c -- tq-image-color.so: colors of a profile as sRGB's, by
 * lcms2.
 */
#include "image/reader.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <lcms2.h>

#include "util/module.h"

/* The names of our layouts in lcms, and of the layouts we want back. */
static const struct kind {
	cmsUInt32Number	 from, to;
	enum tq_layout	 layout;	/* of ${to} */
	cmsColorSpaceSignature space;
} kinds[] = {
	[TQ_GRAY8] = { TYPE_GRAY_8, TYPE_RGB_8, TQ_RGB8, cmsSigGrayData },
	[TQ_GRAYA8] = { TYPE_GRAYA_8, TYPE_RGBA_8, TQ_RGBA8, cmsSigGrayData },
	[TQ_RGB8] = { TYPE_RGB_8, TYPE_RGB_8, TQ_RGB8, cmsSigRgbData },
	[TQ_RGBA8] = { TYPE_RGBA_8, TYPE_RGBA_8, TQ_RGBA8, cmsSigRgbData },
	[TQ_CMYK8] = { TYPE_CMYK_8, TYPE_RGB_8, TQ_RGB8, cmsSigCmykData },
	[TQ_GRAY16] = { TYPE_GRAY_16, TYPE_RGB_16, TQ_RGB16, cmsSigGrayData },
	[TQ_GRAYA16] = { TYPE_GRAYA_16, TYPE_RGBA_16, TQ_RGBA16,
	    cmsSigGrayData },
	[TQ_RGB16] = { TYPE_RGB_16, TYPE_RGB_16, TQ_RGB16, cmsSigRgbData },
	[TQ_RGBA16] = { TYPE_RGBA_16, TYPE_RGBA_16, TQ_RGBA16,
	    cmsSigRgbData },
	[TQ_CMYK16] = { TYPE_CMYK_16, TYPE_RGB_16, TQ_RGB16,
	    cmsSigCmykData },
};

/*
 * A curve as steep as that of linear light near black must not be sampled with
 * the rest: lcms is to keep curves on both sides of what it tabulates.
 */
#define CURVES	(cmsFLAGS_CLUT_PRE_LINEARIZATION | \
		    cmsFLAGS_CLUT_POST_LINEARIZATION)

/* CIE xy of D65 and of sRGB's primaries. */
static const double srgb_xy[8] = { 0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60,
    0.15, 0.06 };

/* PNG's way to say "sRGB" by a power is 1/2.2, which is not its curve. */
static cmsToneCurve *
curve_of(double gamma)
{
	static const double srgb[5] = { 2.4, 1 / 1.055, 0.055 / 1.055,
	    1 / 12.92, 0.04045 };

	if (gamma == 0 || fabs(gamma - 1 / 2.2) < 0.005)
		return cmsBuildParametricToneCurve(NULL, 4, srgb);
	return cmsBuildGamma(NULL, 1 / gamma);
}

static cmsHPROFILE
rgb_of(const double xy[8], cmsToneCurve *curve)
{
	cmsCIExyY white = { xy[0], xy[1], 1 };
	cmsCIExyYTRIPLE colors = { { xy[2], xy[3], 1 }, { xy[4], xy[5], 1 },
	    { xy[6], xy[7], 1 } };
	cmsToneCurve *curves[3] = { curve, curve, curve };

	return cmsCreateRGBProfile(&white, &colors, curves);
}

/* From PNG's numbers: power, white and primaries. */
static cmsHPROFILE
from_numbers(const struct tq_profile *p, cmsColorSpaceSignature space)
{
	cmsToneCurve *curve = curve_of(p->gamma);
	cmsHPROFILE h;

	if (curve == NULL)
		return NULL;
	h = space == cmsSigGrayData ?
	    cmsCreateGrayProfile(cmsD50_xyY(), curve) :
	    rgb_of(p->xy[0] != 0 ? p->xy : srgb_xy, curve);
	cmsFreeToneCurve(curve);
	return h;
}

/*
 * A gray profile for gray pixels that come as colors, as those of a gray PNG
 * with alpha do: the same curve three times.
 */
static cmsHPROFILE
gray_as_rgb(cmsHPROFILE gray)
{
	cmsToneCurve *curve = cmsReadTag(gray, cmsSigGrayTRCTag);
	cmsHPROFILE h = curve == NULL ? NULL : rgb_of(srgb_xy, curve);

	cmsCloseProfile(gray);
	return h;
}

static cmsHPROFILE
from_icc(const struct tq_profile *p, cmsColorSpaceSignature space)
{
	cmsHPROFILE h = cmsOpenProfileFromMem(p->icc, (cmsUInt32Number)p->n);
	cmsColorSpaceSignature its;

	if (h == NULL || (its = cmsGetColorSpace(h)) == space)
		return h;
	if (its == cmsSigGrayData && space == cmsSigRgbData)
		return gray_as_rgb(h);
	cmsCloseProfile(h);
	return NULL;
}

/* Does it leave all of a grid of colors where they are? */
static bool
is_identity(cmsHPROFILE from, cmsHPROFILE srgb, const struct kind *k)
{
	int step = k->space == cmsSigGrayData ? 1 : 17, r, g, b, i;
	cmsHTRANSFORM t;
	bool same = true;

	if (k->space == cmsSigCmykData)
		return false;
	t = cmsCreateTransform(from, k->space == cmsSigGrayData ?
	    TYPE_GRAY_8 : TYPE_RGB_8, srgb, TYPE_RGB_8, INTENT_PERCEPTUAL, 0);
	for (r = 0; t != NULL && same && r < 256; r += step)
		for (g = 0; same && g < (step == 1 ? 1 : 256); g += step)
			for (b = 0; same && b < (step == 1 ? 1 : 256);
			    b += step) {
				uint8_t in[3] = { (uint8_t)r, (uint8_t)g,
				    (uint8_t)b }, out[3];

				cmsDoTransform(t, in, out, 1);
				for (i = 0; i < 3; i++)
					same = same && abs(out[i] -
					    in[step == 1 ? 0 : i]) <= 1;
			}
	if (t != NULL)
		cmsDeleteTransform(t);
	return same;
}

static void *
open_profile(const struct tq_profile *p, enum tq_layout layout,
    enum tq_layout *to)
{
	const struct kind *k = &kinds[layout];
	cmsHPROFILE from, srgb;
	cmsHTRANSFORM t = NULL;

	if (p->icc == NULL && p->gamma == 0 && p->xy[0] == 0)
		return NULL;
	if (p->icc == NULL && k->space == cmsSigCmykData)
		return NULL;
	from = p->icc != NULL ? from_icc(p, k->space) :
	    from_numbers(p, k->space);
	srgb = cmsCreate_sRGBProfile();
	if (from != NULL && srgb != NULL && !is_identity(from, srgb, k))
		t = cmsCreateTransform(from, k->from, srgb, k->to,
		    INTENT_PERCEPTUAL, cmsFLAGS_COPY_ALPHA | CURVES);
	if (from != NULL)
		cmsCloseProfile(from);
	if (srgb != NULL)
		cmsCloseProfile(srgb);
	*to = k->layout;
	return t;
}

static void
convert(void *t, const void *from, void *to, size_t n)
{
	cmsDoTransform(t, from, to, (cmsUInt32Number)n);
}

static void
close_transform(void *t)
{
	cmsDeleteTransform(t);
}

extern TQ_EXPORT const struct tq_color_module tq_color_module;

const struct tq_color_module tq_color_module = { TQ_IMAGE_MODULE_VERSION,
    open_profile, convert, close_transform };
