// ES modules are transformed to CommonJS, as with Babel's usual preset; so must be those of @silhouette, which are ES modules.
module.exports = {
  rootDir: "..",
  testMatch: ["**/transformed.test.js"],
  transform: {
    "\\.js$": [
      "babel-jest",
      { plugins: ["@babel/plugin-transform-dynamic-import", "@babel/plugin-transform-modules-commonjs"] },
    ],
  },
  transformIgnorePatterns: ["/node_modules/(?!@silhouette/)"],
};
