import { useEffect, useRef, useState } from "react";
import BrowserOnly from "@docusaurus/BrowserOnly";
import useDocusaurusContext from "@docusaurus/useDocusaurusContext";

/**
 * The playground in a page. `files` is `[{ name, text }]`; `example`, `lab`, `view`, `cell`, `panes`, `height` and `label` are
 * the attributes of <netpol-playground>; `onResult` and `onGraded` get what its events carry.
 */
export default function Playground({ height = 520, ...props }) {
  const { siteConfig } = useDocusaurusContext();
  const size = typeof height === "number" ? `${height}px` : height;
  // The server renders a box of the same height, so that nothing moves when the page comes alive.
  return (
    <BrowserOnly fallback={<div style={{ height: size, marginBottom: "var(--ifm-leading)" }} />}>
      {() => <Element height={size} playground={siteConfig.customFields.playground} {...props} />}
    </BrowserOnly>
  );
}

function Element({ playground, files, height, onResult, onGraded, ...attributes }) {
  const element = useRef(null);
  const told = useRef({});
  const [failed, setFailed] = useState(false);
  told.current = { onResult, onGraded };

  useEffect(() => {
    // The browser loads the module by its address, once for all elements; it is no part of the site's bundle.
    const script = document.createElement("script");
    script.type = "module";
    script.src = new URL("netpol-playground.js", new URL(playground, document.baseURI));
    script.onerror = () => setFailed(true);
    document.head.append(script);
    return () => script.remove();
  }, [playground]);

  useEffect(() => {
    const { current } = element;
    const onEvent = ({ type, detail }) => told.current[type === "netpol-result" ? "onResult" : "onGraded"]?.(detail);
    current.addEventListener("netpol-result", onEvent);
    current.addEventListener("netpol-graded", onEvent);
    return () => {
      current.removeEventListener("netpol-result", onEvent);
      current.removeEventListener("netpol-graded", onEvent);
    };
  }, []);

  return (
    <>
      {failed && <p role="alert">The playground could not be loaded.</p>}
      <netpol-playground
        ref={element}
        files={files && JSON.stringify(files)}
        // Until the element is known its box has the same height.
        style={{ display: "block", height, marginBottom: "var(--ifm-leading)" }}
        height={height}
        {...attributes}
      />
    </>
  );
}
