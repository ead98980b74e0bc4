// Written by `cargo xtask types` from the Rust types.

/** A file of the input. */
export interface SourceFile {
  /** Shown in every place that points into it. */
  name: string,
  /** The text. */
  text: string,
}

/** All of an analysis. */
export interface Analysis extends Summary {
  /**
   * Row-major: `cells[source * peers.length + destination]` is an index into `connections`. Empty where there is no memory
   * for so many, as an entry of `incomplete` then says: read `matrix`, or ask a `Playground` for windows of it.
   */
  cells: Uint32Array,
  /**
   * Like `cells`: 0 where the verdict is certain, 1 where it depends on the network plugin, 2 where the cell was not
   * evaluated. What else there is to say stands in the `caveats` of `explain`.
   */
  uncertain: Uint8Array,
}

/**
 * The matrix by classes: peers of one class are alike, so this is small however many peers there are.
 *
 * The cell of a source and a destination is `cells[classOf[source] * count + classOf[destination]]`, an index into
 * `connections`; `uncertain` says in the same place how certain it is. Three things are laid over that, as pods always
 * reach themselves and their own node:
 *
 * - a peer that is `alone` reaches itself: the cell is 1, all, and certain;
 * - two peers on the same node (`nodeOf`, other than 0), one of them a node (`onNode` 1), reach each other likewise;
 * - between a node and a peer that may be on any node (`onNode` 2), or some of which is on it (`somewhere`), a cell that is
 *   certain and is not 1 depends on where the pods are: 1 in `uncertain`.
 */
export interface ClassMatrix {
  /** By peer: its class, below `count`. */
  classOf: Uint32Array,
  /** How many classes there are. */
  count: number,
  /** By class of the source and class of the destination, row-major. */
  cells: Uint32Array,
  /** Likewise: 0 where the verdict is certain, 1 where it depends on the network plugin, 2 where it was not evaluated. */
  uncertain: Uint8Array,
  /** By peer: 1 where it is a single pod. */
  alone: Uint8Array,
  /**
   * By peer: the node on which all of it is, counted from 1; 0 where there is none or the input does not tell. Empty where
   * no peer is a node.
   */
  nodeOf: Uint32Array,
  /**
   * By peer: 1 where it is a node or on the network of one, 2 where some of its pods may be on any node, else 0. Empty where
   * no peer is a node.
   */
  onNode: Uint8Array,
  /** A node and a peer of which some pods are there, a node and a peer, …; sorted. */
  somewhere: Uint32Array,
}

/** How to analyse. */
export type Options = {
  /** Whether selectors that match nothing get a workload of their own. */
  hypothetical?: Hypothetical,
  /** How an `ipBlock` treats addresses inside the cluster. */
  ipBlockPods?: IpBlockPods,
  /** Whose API server accepts or refuses the objects. */
  kubernetes?: KubernetesVersion,
  /** What becomes of an object with a field that there is not. */
  unknownFields?: UnknownFields,
};

/** Whether to add workloads that the input speaks of but does not hold. */
export type Hypothetical = "auto" | "never";

/** How an `ipBlock` treats pods. */
export type IpBlockPods = "known-addresses" | "never" | "any-address";

/** A release of Kubernetes, as far as releases differ in what they accept. */
export type KubernetesVersion = "1.35" | "1.36";

/** What becomes of an object with a field that there is not. */
export type UnknownFields = "refuse" | "drop";

/** All of an analysis but the cells of the matrix. */
export type Summary = {
  /** What is wrong with the text. */
  diagnostics: Array<Diagnostic>,
  /** Rows and columns of the matrix, in this order. */
  peers: Array<Peer>,
  /** The distinct sets of connections; the first is none, the second all. */
  connections: Array<ConnectionSet>,
  /** The policies that take part. */
  policies: Array<PolicySummary>,
  /** What is insecure or mistaken. */
  findings: Array<Finding>,
  /** What the result leaves out: the cluster may allow more or less than is shown. Empty for a result that is whole. */
  incomplete: Array<Incomplete>,
  /** The objects that the API server would refuse, in the order of the text; each has errors among the diagnostics. */
  refused: Array<Refused>,
  /** What is not read, by kind: objects that do not say who may talk to whom. */
  notRead: Array<NotRead>,
  /** What the findings come of. */
  checks: Checks,
  /** The namespaces of the input, in the order in which it first speaks of them. */
  namespaces: Array<NamespaceSummary>,
  /** The labels of each namespace, by what peers call it. */
  namespaceLabels: { [key in string]: { [key in string]: string } },
  /** What becomes of the policy tests of the input, in the order of the text. */
  tests: Array<TestResult>,
  /** What all findings of a rule have in common, for each rule that has any. */
  rules: Array<RuleSummary>,
  /** The matrix by classes of peers: all of it, however many peers there are. */
  matrix: ClassMatrix,
};

/** Something that the result leaves out. */
export type Incomplete = {
  /** What is left out, and what that means for the result. */
  message: string,
  /** How many objects. */
  count: number,
  /** Where the first of them is written. */
  span: Span,
};

/** An object that the API server would refuse: it is not there, so what it was meant to close is open. */
export type Refused = {
  /** Its name, as far as it could be read. */
  object: ObjectRef,
  /** What follows from it. */
  message: string,
  /** Whether it is a policy, so that what it was meant to close is open. */
  policy: boolean,
  /** The first of its errors. */
  span: Span,
};

/** Objects of one kind that are not read, as they do not say who may talk to whom. */
export type NotRead = {
  /** The kind. */
  kind: string,
  /** The API group; absent for the core group. */
  group?: string,
  /** How many objects. */
  count: number,
};

/** What was looked for. */
export type Checks = {
  /** How many rules there are. */
  rules: number,
  /** The names of those that could not judge, as the input holds no workload: `no-default-deny-ingress`, … */
  unjudged: Array<string>,
};

/** A namespace at a glance. */
export type NamespaceSummary = {
  /** Its name. */
  name: string,
  /** How many workloads of the input are in it. */
  workloads: number,
  /** How many of them some NetworkPolicy isolates for ingress. */
  isolatedForIngress: number,
  /** How many of them some NetworkPolicy isolates for egress. */
  isolatedForEgress: number,
  /**
   * How many of those that no policy isolates for ingress a cluster-scoped policy has a `Deny` rule for: they are not
   * simply open.
   */
  limitedForIngress: number,
  /** How many of those that no policy isolates for egress a cluster-scoped policy has a `Deny` rule for. */
  limitedForEgress: number,
  /** How many of them are published, or reached from some address outside. */
  exposed: number,
  /** How many of them can ask for names. */
  dnsWorks: number,
  /** Of the first that cannot, or not fully: its name and why; and how many more there are. */
  dnsWhy?: string,
  /** The findings about what is in it, without those that are silenced. */
  findings: FindingCounts,
};

/** How many findings there are of each severity. */
export type FindingCounts = {
  /** An attacker gains reach. */
  high: number,
  /** A control is missing or does not do what it seems to. */
  medium: number,
  /** Wider than needed. */
  low: number,
  /** Worth knowing. */
  info: number,
};

/** A row and column of the matrix. */
export type Peer = {
  /** Unique: `default/frontend[Deployment]`, `external:10.0.0.0/16`. */
  id: string,
  /** What it stands for. */
  type: PeerType,
  /** Of a workload. */
  namespace?: string,
  /** Of a workload; for a hypothetical one its labels in words, or `any other pod`. */
  name?: string,
  /** Of a workload. */
  kind?: string,
  /** Labels of the pods. */
  labels?: { [key in string]: string },
  /** Labels of their namespace: the same object as in `Summary.namespaceLabels`. */
  namespaceLabels?: { [key in string]: string },
  /** Ports that the containers declare. */
  ports?: Array<Port>,
  /** Whether the pods use the network of their node. */
  hostNetwork?: boolean,
  /**
   * Of a workload whose pods selectors tell apart: which of its pods this row stands for, such as `0` or
   * `version=2`. The other rows of the workload have the same namespace, name and kind.
   */
  variant?: string,
  /** How many pods, where the manifest says. */
  replicas?: number,
  /** Of a workload of the input: whether it can ask for names. */
  dns?: Dns,
  /** Of an external peer: the shortest list that covers its addresses exactly, where that has at most 1,000 entries. */
  cidrs?: Array<string>,
  /**
   * Of an external peer: the CIDR that policies mention, or every address. Its addresses are those of it that
   * `except` does not hold.
   */
  network?: string,
  /** Of an external peer: the CIDRs within `network` whose addresses belong to other peers. */
  except?: Array<string>,
  /** Of an external peer, what is known of it: `any other IPv4 address`, `cloud metadata endpoint`, `node worker-1`. */
  note?: string,
  /** Where it is written. */
  span?: Span,
};

/** What a row stands for. */
export type PeerType = "workload" | "hypothetical" | "external";

/** A declared container port. */
export type Port = {
  /** Its name. */
  name?: string,
  /** 1-65535. */
  port: number,
  /** The protocol. */
  protocol: Protocol,
};

/** Whether a workload reaches the DNS of the cluster, or a resolver that a rule names. */
export type Dns = {
  /** Over UDP, which is asked first. */
  works: boolean,
  /** What is missing, and why. */
  why?: string,
};

/** A protocol. */
export type Protocol = "TCP" | "UDP" | "SCTP";

/** A set of (protocol, port); intervals are inclusive, sorted and merged. */
export type ConnectionSet = {
  /** `none`, `all`, or such as `TCP 80, 8000-8080; UDP 53`. */
  text: string,
  /** Ports of TCP. */
  TCP: Array<[number, number]>,
  /** Ports of UDP. */
  UDP: Array<[number, number]>,
  /** Ports of SCTP. */
  SCTP: Array<[number, number]>,
};

/** A place in a file. */
export type Span = {
  /** The file's name. */
  file: string,
  /** The first character. */
  start: Position,
  /** One past the last character. */
  end: Position,
};

/** Line and column, both from 1; columns in UTF-16 units. */
export type Position = {
  /** From 1. */
  line: number,
  /** From 1, in UTF-16 units. */
  column: number,
};

/** What is said about a place in the text. */
export type Diagnostic = {
  /** How bad it is. */
  severity: DiagnosticSeverity,
  /** A stable name of this kind of mistake. */
  code: string,
  /** What is wrong and what to do. */
  message: string,
  /** The field as the API server prints it. */
  path?: string,
  /** The object. */
  object?: ObjectRef,
  /** Where. */
  span: Span,
  /** Other places that belong to it. */
  related?: Array<Related>,
  /** How to mend it, where there is only one way to mean it. */
  fixes?: Array<QuickFix>,
};

/** How bad a diagnostic is. */
export type DiagnosticSeverity = "error" | "warning" | "info";

/** A second place of a diagnostic. */
export type Related = {
  /** What stands there. */
  message: string,
  /** Where. */
  span: Span,
};

/** A change that mends what a diagnostic is about. */
export type QuickFix = {
  /** What it does. */
  title: string,
  /** All to be made at once. */
  edits: Array<TextEdit>,
};

/** A piece of a file and what to put in its place. */
export type TextEdit = {
  /** What goes; empty to insert. */
  span: Span,
  /** What comes. */
  text: string,
};

/** An object's name. */
export type ObjectRef = {
  /** The API group, such as `networking.k8s.io`; absent for the core group. */
  group?: string,
  /** The kind. */
  kind: string,
  /** The namespace of a namespaced object. */
  namespace?: string,
  /** The name. */
  name: string,
};

/** A policy that takes part in the analysis. */
export type PolicySummary = {
  /** The policy. */
  object: ObjectRef,
  /** Where it is asked. */
  tier: Tier,
  /** Its `priority`, where it has one: of one tier, lower ones come first. */
  priority?: number,
  /** Whether it has a say for its subjects in ingress: a NetworkPolicy isolates them, a cluster-scoped policy has rules. */
  ingress: boolean,
  /** Whether it has a say for its subjects in egress. */
  egress: boolean,
  /**
   * Ids of the peers that it selects. Of an input with very many, those of the first policies: `subjectCount` says
   * how many there are.
   */
  subjects: Array<string>,
  /** How many peers it selects. */
  subjectCount: number,
  /** Where it is written. */
  span: Span,
};

/** Something insecure or mistaken. */
export type Finding = {
  /** `NP301`. */
  code: string,
  /** `subject-matches-nothing`. */
  rule: string,
  /** How bad it is. */
  severity: FindingSeverity,
  /** What is wrong here. */
  message: string,
  /** Why it matters and what to do: the same string as in `Summary.rules`. */
  help: string,
  /** What it is about. */
  subject: ObjectRef,
  /** The lines that make it so. */
  spans: Array<Span>,
  /** A connection that proves it. */
  witness?: Connection,
  /** What the witness shows. */
  proof?: Proof,
  /** Standards and scanners that say the same: the same array as in `Summary.rules`. */
  references: Reference[],
  /**
   * Whether `fix` offers a change. Of a large input this is not tried out beforehand: `fix` may find that the change
   * would not do.
   */
  fixable: boolean,
  /** Where there is more than one right way to mend it: what each is called. `fix` takes their places. */
  ways?: Array<string>,
  /** Whether an annotation of the subject (`netpol.playground/ignore: NP204`) silences it. */
  silenced: boolean,
  /** What follows from it: what other rules find for the same cause, the worst first. */
  evidence?: Array<Evidence>,
};

/** A finding that has the same cause as the one that it is evidence of. */
export type Evidence = {
  /** `NP107`. */
  code: string,
  /** `metadata-endpoint-reachable`. */
  rule: string,
  /** How bad it is. */
  severity: FindingSeverity,
  /** What is wrong here. */
  message: string,
  /** The lines that make it so. */
  spans: Array<Span>,
  /** A connection that proves it. */
  witness?: Connection,
};

/** How bad a finding is. */
export type FindingSeverity = "high" | "medium" | "low" | "info";

/** What the witness of a finding shows. */
export type Proof = "allowed" | "denied";

/** What all findings of a rule have in common. */
export type RuleSummary = {
  /** `NP301`. */
  code: string,
  /** Why it matters and what to do. */
  help: string,
  /** Standards and scanners that say the same. */
  references: Reference[],
};

/** Where else a finding is described. */
export type Reference = {
  /** `CIS Kubernetes Benchmark v1.12`, `MITRE ATT&CK`, `Kubescape`, … */
  standard: string,
  /** `5.3.2`, `T1046`, `C-0260`, … */
  id: string,
};

/** One concrete connection. */
export type Connection = {
  /** Peer id. */
  source: string,
  /** Peer id. */
  destination: string,
  /** The protocol. */
  protocol: Protocol,
  /** The destination port, 1-65535. */
  port: number,
};

/** All tests of an input. */
export type TestReport = {
  /** Whether there is any, and all of them hold. */
  passed: boolean,
  /** In the order of the text. */
  tests: Array<TestResult>,
};

/** A ConnectivityTest, and whether it holds. */
export type TestResult = {
  /** `metadata.name`. */
  name: string,
  /** `spec.description`. */
  description?: string,
  /** Where it is written. */
  span: Span,
  /** Whether each of its expectations holds; never of one with a mistake in it. */
  passed: boolean,
  /** Those of `allow`, then those of `deny`; empty of a test with a mistake in it. */
  expectations: Array<ExpectationResult>,
};

/** One expectation of a ConnectivityTest, and whether it holds. */
export type ExpectationResult = {
  /** Whether it expects connections to be allowed or denied. */
  expect: Expect,
  /** What it expects, in words: its `description`, else made of its ends and ports. */
  text: string,
  /** Whether it holds. */
  status: TestStatus,
  /** How many pairs of a source and a destination it is about. */
  pairs: number,
  /** How many of them are not as expected. */
  broken: number,
  /** Why it does not hold. */
  message?: string,
  /** A connection that is not as expected; its ends are peer ids. */
  witness?: Connection,
  /** Where an end of it is a range: one address of it that is meant. */
  address?: string,
  /** The lines that make it so. */
  spans: Array<Span>,
  /** Where it is written. */
  span: Span,
  /** What else there is to know of it: what it hangs on, or what takes no part. */
  caveat?: string,
};

/** What an expectation expects. */
export type Expect = "allow" | "deny";

/** Whether an expectation holds. */
export type TestStatus = "passed" | "failed" | "depends" | "void" | "unknown";

/** Why a cell is what it is. */
export type Explanation = {
  /** What is allowed: the intersection of both ends. Empty where it was not evaluated. */
  allowed: ConnectionSet,
  /** Whether the cell was not evaluated, so that `allowed` says nothing; `caveats` say why. */
  notEvaluated: boolean,
  /** The source's end. */
  egress: DirectionTrace,
  /** The destination's end. */
  ingress: DirectionTrace,
  /** Where network plugins differ, and what was not evaluated. */
  caveats: Array<string>,
  /** Where nothing is allowed: the smallest change that would allow it, in words. */
  mend?: string,
  /** Where nothing is allowed, and a NetworkPolicy cannot or should not change that: the rule that stands in the way. */
  obstacle?: string,
};

/** One end of a connection. */
export type DirectionTrace = {
  /** What this end allows. */
  allowed: ConnectionSet,
  /** Whether some NetworkPolicy selects the pod for this direction. */
  isolated: boolean,
  /** In the order of evaluation. */
  steps: Array<TraceStep>,
};

/** One step of the evaluation of one end. */
export type TraceStep = {
  /** Where in the order of evaluation. */
  tier: Tier,
  /** The policy. */
  policy?: ObjectRef,
  /** The policy's `priority`, where it has one: of one tier, lower ones come first. */
  priority?: number,
  /** The rule, from 0. */
  rule?: number,
  /** The rule's `name`, where it has one. */
  ruleName?: string,
  /** What it does. */
  action: Action,
  /** What it decides. */
  matched: ConnectionSet,
  /** Why. */
  reason: string,
  /** The lines. */
  span?: Span,
};

/** A tier of evaluation. */
export type Tier = "admin" | "networkPolicy" | "baseline" | "default";

/** What a step of a trace does. */
export type Action = "allow" | "deny" | "pass" | "isolate" | "none";

/** Whether one connection is allowed, and by what. */
export type Verdict = {
  /** Yes or no. No where it was not evaluated. */
  allowed: boolean,
  /** Whether the cell was not evaluated, so that `allowed` says nothing; `caveats` say why. */
  notEvaluated: boolean,
  /** What was asked, with the ids of the peers that were meant. */
  connection: Connection,
  /** The pod of the source that was judged, where the question names one of several. */
  sourcePod?: string,
  /** The pod of the destination that was judged, likewise. */
  destinationPod?: string,
  /** The source's end. */
  egress: EndVerdict,
  /** The destination's end. */
  ingress: EndVerdict,
  /** Where network plugins differ, and what was not evaluated. */
  caveats: Array<string>,
};

/** What one end says of one connection. */
export type EndVerdict = {
  /** Whether this end allows it. */
  allowed: boolean,
  /** Whether some NetworkPolicy selects the pod for this direction. */
  isolated: boolean,
  /** The steps that allow it; where none does, all that were tried. */
  steps: Array<TraceStep>,
};

/** A change to the input, before it is made. */
export type Preview = {
  /** What the change does. */
  message: string,
  /** All files after the change. */
  files: SourceFile[],
  /** What differs in their texts, for each file that changes. */
  diff: Array<FileDiff>,
  /** How many cells change in all. */
  changedCells: number,
  /** The cells that change; the first thousand where there are more. */
  changes: Array<CellChange>,
  /** The findings that come and go by it; none are told of a change that is not judged by them. */
  findings: FindingChanges,
};

/** All policies of a superseded kind, rewritten as the kind that takes their place, before it is done. */
export type Migration = {
  /** The change; its message says whether every cell stays the same. */
  preview: Preview,
  /** What is no longer as it was, what is left as it is and why, and which cells change. */
  notes: Array<string>,
  /** How many policies are rewritten. */
  policies: number,
};

/** What changes in one file. */
export type FileDiff = {
  /** The file's name. */
  file: string,
  /** Places that change, in order, each with some lines around it. */
  hunks: Array<Array<DiffLine>>,
};

/** A line of a text that changes. */
export type DiffLine = {
  /** What becomes of it. */
  kind: DiffKind,
  /** Its number from 1: after the change where it comes, else before. */
  line: number,
  /** Without its end. */
  text: string,
};

/** What becomes of a line. */
export type DiffKind = "same" | "removed" | "added";

/** A cell before and after a change. */
export type CellChange = {
  /** Peer id. */
  source: string,
  /** Peer id. */
  destination: string,
  /** What is allowed now. */
  before: ConnectionSet,
  /** What will be. */
  after: ConnectionSet,
};

/** The findings that come and go by a change, in the order of the list. */
export type FindingChanges = {
  /** Those that come. */
  new: Array<FindingChange>,
  /** Those that go. */
  gone: Array<FindingChange>,
};

/** A finding that comes or goes by a change. */
export type FindingChange = {
  /** `NP301`. */
  code: string,
  /** What is wrong. */
  message: string,
};

/** A port that a connection is to be allowed on. */
export type PortWanted = {
  /** TCP, UDP or SCTP. */
  protocol: Protocol,
  /** 1 to 65535. */
  port: number,
};

/** What the text at one place says about the matrix. */
export type Located = {
  /** What stands there. */
  part: LocatedPart,
  /**
   * Indices of peers: of the cells that a rule decides, the rows; of all else, rows and columns
   * alike.
   */
  sources: Array<number>,
  /** Indices of peers: the columns. */
  destinations: Array<number>,
  /** The workload or the policy, by what `Playground.peer` or `Playground.policy` takes. */
  id?: string,
};

/** What part of an object stands at a place. */
export type LocatedPart = "rule" | "policy" | "workload" | "node";

/** One peer: what selects it, what it reaches, what reaches it. */
export type PeerProfile = {
  /** The same as in `Summary.peers`, without the labels of its namespace. */
  peer: Peer,
  /** The addresses of its pods that the input tells, sorted. */
  addresses: Array<string>,
  /** The policies that have a say for it in ingress, in the order of the text. */
  ingress: Array<PolicyMention>,
  /** The same in egress. */
  egress: Array<PolicyMention>,
  /** Ingress rules of whatever policy that speak of it as a source. */
  namedAsSource: Array<RuleMention>,
  /** Egress rules of whatever policy that speak of it as a destination. */
  namedAsDestination: Array<RuleMention>,
  /** What it reaches, by what is allowed: all first, nothing last. */
  reaches: Array<Reach>,
  /** What reaches it, likewise. */
  reachedBy: Array<Reach>,
  /** The findings about it or proved by a connection of it, by their places in `Summary.findings`. */
  findings: Array<number>,
};

/** One policy. */
export type PolicyProfile = {
  /** What `policy` takes. */
  id: string,
  /** The policy. */
  object: ObjectRef,
  /** Where it is asked. */
  tier: Tier,
  /** Its `priority`, where it has one. */
  priority?: number,
  /** The directions in which it has a say, `Ingress` and `Egress`, whether or not the text says so. */
  policyTypes: Array<string>,
  /** Of a NetworkPolicy: whether `policyTypes` is written. */
  hasPolicyTypes: boolean,
  /** The pods on which it acts, in words. */
  selects: string,
  /** The peers that it selects, as indices of `Summary.peers`, in order. */
  subjects: Array<number>,
  /** Its ingress rules; absent where it has no say in ingress. */
  ingress?: Array<RuleInWords>,
  /** Its egress rules; absent where it has no say in egress. */
  egress?: Array<RuleInWords>,
  /** The findings about it, by their places in `Summary.findings`. */
  findings: Array<number>,
  /** Where it is written. */
  span: Span,
};

/** A policy that is spoken of. */
export type PolicyMention = {
  /** What `policy` takes: `shop/deny-all[NetworkPolicy]`. */
  id: string,
  /** The policy. */
  object: ObjectRef,
  /** Where it is asked. */
  tier: Tier,
  /** How many rules it has in this direction. */
  rules: number,
  /** Where it is written. */
  span: Span,
};

/** A rule that speaks of a peer. */
export type RuleMention = {
  /** What `policy` takes. */
  policy: string,
  /** The policy. */
  object: ObjectRef,
  /** What it does with the peer: ``allows TCP 5432 to pods with `app: db` of `shop` ``. */
  text: string,
  /** The rule. */
  rule: RuleInWords,
};

/** A rule in words. */
export type RuleInWords = {
  /** Its index, from 0. */
  rule: number,
  /** Its `name`, where it has one. */
  name?: string,
  /** What it does. */
  action: Action,
  /** ``allows TCP 8080 from pods with `app: web` of `shop` ``. */
  text: string,
  /** How many peers of the matrix it speaks of. */
  peers: number,
  /** The lines. */
  span: Span,
};

/** Peers to which, or from which, the same is allowed. */
export type Reach = {
  /** What is allowed. */
  connections: ConnectionSet,
  /**
   * 0 where that is certain, 1 where it depends on the network plugin or on more than the input tells, 2 where it was
   * not evaluated, so that `connections` says nothing.
   */
  uncertain: number,
  /** The peers, as indices of `Summary.peers`, in order. */
  peers: Array<number>,
};

/** What may be written at a place. */
export type Completions = {
  /** What is replaced by the one that is chosen: what is typed of it already. */
  span: Span,
  /** In the order in which they are offered. */
  items: Array<Completion>,
};

/** One thing that may be written. */
export type Completion = {
  /** What is offered. */
  label: string,
  /** What is written: the label with what always follows it, such as `from:`. */
  insert: string,
  /** A few words beside the label: the type, or where the value comes from. */
  detail: string,
  /** What it means, in a sentence or two. */
  documentation: string,
};

/** What stands at a place and means. */
export type Hover = {
  /** What it is said of. */
  span: Span,
  /** Paragraphs of plain text with code in backticks. */
  text: Array<string>,
};
