// For `npx vite examples`: Vite looks at all pages before it serves one, and would report that LiteRT.js is not installed here.

export default { optimizeDeps: { exclude: ["@litertjs/core"] } };
