// The dashboard serves these beside its own files, so that the browser finds them without a map of imports.
declare module "*/lit-html/lit-html.js" {
  export * from "lit-html"
}
declare module "*/lit-html/directives/repeat.js" {
  export * from "lit-html/directives/repeat.js"
}
