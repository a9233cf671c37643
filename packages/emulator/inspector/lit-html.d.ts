// The emulator serves lit-html beside these files, so that the browser finds it without a map of imports.
declare module "*/lit-html/lit-html.js" {
  export * from "lit-html"
}
declare module "*/lit-html/directives/repeat.js" {
  export * from "lit-html/directives/repeat.js"
}
