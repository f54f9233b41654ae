/**
 * In the page: how light its ground is, 0 to 1, and which visible texts stand out too little from
 * what is behind them. Spec: WCAG 2.2, success criterion 1.4.3, contrast (minimum).
 */
export function contrasts() {
  const WANTED = 4.5;
  const parse = (color) => color.match(/[\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((part) => {
      const c = part / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color[3] !== 0) return color;
    }
    return [255, 255, 255];
  };
  const ownText = (element) =>
    (typeof element.value === 'string' ? element.value : undefined) ??
    [...element.childNodes].map((node) => (node.nodeType === 3 ? node.data : '')).join('');

  const weak = [];
  for (const element of document.body.querySelectorAll('*')) {
    if (!element.checkVisibility() || !ownText(element).trim()) continue;
    const [ground, ink] = [behind(element), parse(getComputedStyle(element).color)].map(luminance);
    const contrast = (Math.max(ground, ink) + 0.05) / (Math.min(ground, ink) + 0.05);
    if (contrast < WANTED) weak.push(`${element.localName}#${element.id}: ${contrast.toFixed(2)}`);
  }
  return { lightness: luminance(behind(document.body)), weak };
}
