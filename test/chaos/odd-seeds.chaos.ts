import { describeSeededRuns } from "./seeded-runs";

describeSeededRuns(1);
