// bench/peers/gray.mjs -- pictures turned gray by sharp, one thread.
//
//	node gray.mjs FROM TO N
//
// Prints how many megapixels a second, of N times the same picture.
import sharp from 'sharp'

const [from, to, n] = process.argv.slice(2)
sharp.concurrency(1)
sharp.cache(false)
const { width, height } = await sharp(from).metadata()
const begin = performance.now()
for (let i = 0; i < Number(n); i++)
	await sharp(from).grayscale().jpeg({ quality: 90 }).toFile(to)
console.log((Number(n) * width * height / 1000 / (performance.now() - begin)).toFixed(1))
