/** The site that hosts the policy repository, as far as approvals need it: its pull requests. */

/** An open request to merge a branch; GitLab's merge requests too. */
export interface PullRequest {
  readonly number: number;
  /** Its page, for people. */
  readonly url: string;
  readonly branch: string;
  readonly title: string;
  /** The account that opened it. */
  readonly author: string;
  /** When it was opened (RFC 3339). */
  readonly created: string;
}

export interface RequestText {
  readonly title: string;
  /** Markdown. */
  readonly body: string;
}

/** Every method throws UPSTREAM_*, SOURCE_DENIED, NOT_FOUND and ServerBusy. */
export interface Forge {
  /** Open requests into the branch that approvals are merged into. */
  list(): Promise<readonly PullRequest[]>;
  open(branch: string, text: RequestText): Promise<PullRequest>;
  update(request: PullRequest, text: RequestText): Promise<void>;
  close(request: PullRequest): Promise<void>;
}
