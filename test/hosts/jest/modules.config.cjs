module.exports = { rootDir: "..", testMatch: ["**/modules.test.mjs"], transform: {} };
