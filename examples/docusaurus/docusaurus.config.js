// A small site with the playground in its pages. `npm ci && npm run build`; docs/embedding.md says how it is done.
export default {
  title: "Network policies",
  url: "https://example.org",
  baseUrl: "/docs-site/",
  onBrokenLinks: "throw",
  plugins: [["@docusaurus/plugin-content-docs", { routeBasePath: "/", sidebarPath: false }]],
  themes: ["@docusaurus/theme-classic"],
  themeConfig: {
    colorMode: { respectPrefersColorScheme: true },
    navbar: { title: "Network policies" },
  },
  customFields: {
    // Where the built playground is. Copied to `static/netpol/` it is part of the site, below its baseUrl; it may as well
    // be elsewhere on the host, or on another one.
    playground: process.env.NETPOL_PLAYGROUND ?? "/docs-site/netpol/",
  },
};
