import { describeSeededRuns } from "./seeded-runs";

describeSeededRuns(0);
