//! The class that keeps what it has parsed.

use netpol_view::Analyzer;
use wasm_bindgen::prelude::*;

use crate::input::Given;
use crate::said::Said;
use crate::{analysis, finish, input, output};

/// Keeps what it has parsed: `setFiles` reads only the documents that changed.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Playground {
    analyzer: Analyzer,
    given: Vec<Given>,
    said: Said,
}

#[wasm_bindgen]
impl Playground {
    /// A playground without files.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(unchecked_optional_param_type = "Options")] options: &JsValue,
    ) -> Result<Playground, JsValue> {
        let analyzer = Analyzer::new(input::options(options)?);
        Ok(Self { analyzer, given: Vec::new(), said: Said::default() })
    }

    /// Changes how to analyse; the files stay.
    #[wasm_bindgen(js_name = setOptions)]
    pub fn set_options(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Options")] options: &JsValue,
    ) -> Result<(), JsValue> {
        self.analyzer.set_options(input::options(options)?);
        Ok(())
    }

    /// Changes the files; documents whose text is among those of before are not read again.
    #[wasm_bindgen(js_name = setFiles)]
    pub fn set_files(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "SourceFile[]")] files: &JsValue,
    ) -> Result<(), JsValue> {
        let (given, files) = input::changed(files, &self.given)?;
        self.given = given;
        self.analyzer.set_changed_files(files);
        Ok(())
    }

    /// `analyze()` without `cells` and `uncertain`: for clusters too large to hand over whole. What is the same as in the
    /// summary before is the same object: do not change it.
    #[wasm_bindgen(unchecked_return_type = "Summary")]
    pub fn summary(&mut self) -> Result<JsValue, JsValue> {
        finish(&mut self.analyzer);
        let (summary, stamps) = self.analyzer.stamped();
        self.said.summary(summary, stamps)
    }

    /// Everything.
    #[wasm_bindgen(unchecked_return_type = "Analysis")]
    pub fn analyze(&mut self) -> Result<JsValue, JsValue> {
        analysis(&mut self.analyzer, &mut self.said)
    }

    /// What becomes of the policy tests (`kind: ConnectivityTest`) among the files. It has not passed where there is none.
    #[wasm_bindgen(unchecked_return_type = "TestReport")]
    pub fn test(&mut self) -> Result<JsValue, JsValue> {
        output(&self.analyzer.test())
    }

    /// What becomes of the policy tests as a text that others read: JUnit's XML (`junit`), or the Test Anything Protocol,
    /// version 14 (`tap`).
    pub fn export(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "\"junit\" | \"tap\"")] format: &JsValue,
    ) -> Result<String, JsValue> {
        Ok(self.analyzer.export_tests(input::test_format(format)?))
    }

    /// A window of the matrix, row-major, half-open: `cells([0, 2], [5, 9])` are 2 rows of 4 cells. What lies beyond
    /// the matrix is cut.
    pub fn cells(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "[number, number]")] rows: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "[number, number]")] columns: &JsValue,
    ) -> Result<Vec<u32>, JsValue> {
        Ok(self.analyzer.cells(input::range("rows", rows)?, input::range("columns", columns)?))
    }

    /// The same window of `uncertain`: 0 where a cell is certain, 1 where it depends on the network plugin, 2 where it
    /// was not evaluated.
    pub fn uncertain(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "[number, number]")] rows: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "[number, number]")] columns: &JsValue,
    ) -> Result<Vec<u8>, JsValue> {
        Ok(self.analyzer.uncertain(input::range("rows", rows)?, input::range("columns", columns)?))
    }

    /// Why the source can or cannot talk to the destination, both given by the `id` of a peer.
    #[wasm_bindgen(unchecked_return_type = "Explanation")]
    pub fn explain(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "string")] source: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "string")] destination: &JsValue,
    ) -> Result<JsValue, JsValue> {
        let source = input::string("source", source)?;
        let destination = input::string("destination", destination)?;
        match self.analyzer.explain(&source, &destination) {
            Some(explanation) => output(&explanation),
            None => {
                let peers = &self.analyzer.finished().peers;
                let known = |id: &str| peers.iter().any(|peer| peer.id == id);
                let unknown = if known(&source) { destination } else { source };
                Err(input::wrong(&format!("no peer of the analysis has the id `{unknown}`; see `peers`")))
            }
        }
    }

    /// Whether one connection is allowed, and by which rules. Both ends may be the `id` of a peer, `namespace/name`, a
    /// name that only one workload has, the name of a pod, or an IP address.
    #[wasm_bindgen(unchecked_return_type = "Verdict")]
    pub fn query(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Connection")] connection: &JsValue,
    ) -> Result<JsValue, JsValue> {
        let connection = input::connection(connection)?;
        match self.analyzer.query(&connection) {
            Ok(verdict) => output(&verdict),
            Err(unknown) => Err(input::wrong(&unknown.to_string())),
        }
    }

    /// The smallest change that would allow a connection between two peers between which nothing is allowed, and the
    /// cells that it changes; `undefined` where there is none. With a port it opens that one alone.
    #[wasm_bindgen(unchecked_return_type = "Preview | undefined")]
    pub fn mend(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "string")] source: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "string")] destination: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "PortWanted")] port: &JsValue,
    ) -> Result<JsValue, JsValue> {
        let source = input::string("source", source)?;
        let destination = input::string("destination", destination)?;
        let port = input::port_wanted(port)?;
        self.analyzer
            .mend(&source, &destination, port)
            .map_or(Ok(JsValue::UNDEFINED), |preview| output(&preview))
    }

    /// What the fix of a finding changes, by its place in `findings`: the files, their lines and the cells; `undefined`
    /// where there is none. Of a finding with several `ways`, the place of one of them says which.
    #[wasm_bindgen(unchecked_return_type = "Preview | undefined")]
    pub fn fix(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "number")] finding: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "number")] way: &JsValue,
    ) -> Result<JsValue, JsValue> {
        let finding = input::index("finding", finding)?;
        let way = if way.is_undefined() { 0 } else { input::index("way", way)? };
        self.analyzer.fix(finding, way).map_or(Ok(JsValue::UNDEFINED), |preview| output(&preview))
    }

    /// The annotation that silences a finding and its evidence, by its place in `findings`, as a change of the files;
    /// `undefined` where it cannot be written.
    #[wasm_bindgen(unchecked_return_type = "Preview | undefined")]
    pub fn silence(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "number")] finding: &JsValue,
    ) -> Result<JsValue, JsValue> {
        let finding = input::index("finding", finding)?;
        self.analyzer.silence(finding).map_or(Ok(JsValue::UNDEFINED), |preview| output(&preview))
    }

    /// One row of the matrix by the `id` of its peer: what selects it, what it reaches and what reaches it; `undefined`
    /// where there is none.
    #[wasm_bindgen(unchecked_return_type = "PeerProfile | undefined")]
    pub fn peer(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "string")] id: &JsValue,
    ) -> Result<JsValue, JsValue> {
        let id = input::string("id", id)?;
        self.analyzer.peer(&id).map_or(Ok(JsValue::UNDEFINED), |profile| output(&profile))
    }

    /// One policy by an id such as `shop/deny-all[NetworkPolicy]` or `tenants[AdminNetworkPolicy]`: on whom it acts, and
    /// each rule in words; `undefined` where there is none.
    #[wasm_bindgen(unchecked_return_type = "PolicyProfile | undefined")]
    pub fn policy(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "string")] id: &JsValue,
    ) -> Result<JsValue, JsValue> {
        let id = input::string("id", id)?;
        self.analyzer.policy(&id).map_or(Ok(JsValue::UNDEFINED), |profile| output(&profile))
    }

    /// What would change without a policy, by the id that `policy` takes: the files without it and the cells; `undefined`
    /// where there is none.
    #[wasm_bindgen(unchecked_return_type = "Preview | undefined")]
    pub fn without(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "string")] id: &JsValue,
    ) -> Result<JsValue, JsValue> {
        let id = input::string("id", id)?;
        self.analyzer.without(&id).map_or(Ok(JsValue::UNDEFINED), |preview| output(&preview))
    }

    /// What rewriting all AdminNetworkPolicies and the BaselineAdminNetworkPolicy as ClusterNetworkPolicies changes: the
    /// files, their lines and the cells, with notes on what is no longer as it was; `undefined` where there is none to
    /// rewrite.
    #[wasm_bindgen(unchecked_return_type = "Migration | undefined")]
    pub fn migrate(&mut self) -> Result<JsValue, JsValue> {
        self.analyzer.migrate().map_or(Ok(JsValue::UNDEFINED), |migration| output(&migration))
    }
}
