import {
  Controller,
  Get,
  HttpCode,
  Param,
  Post,
  Req,
  Res,
  UseFilters,
  UseGuards,
} from "@nestjs/common";
import type { FastifyReply, FastifyRequest } from "fastify";
import { ApprovalDesk } from "./approval-desk";
import { ApprovalErrorFilter } from "./approval-error.filter";
import { readApprovalForm } from "./approval-form";
import { sendPage } from "./pages/page";
import { SameOriginGuard } from "./same-origin.guard";

/** The page on which somebody approves or rejects an operation; its record links to it (`approval_url`). */
@Controller("approvals")
@UseFilters(ApprovalErrorFilter)
export class ApprovalController {
  constructor(private readonly desk: ApprovalDesk) {}

  @Get(":id")
  async show(
    @Param("id") id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { page, status } = await this.desk.show(request, id);
    sendPage(reply, page, status);
  }

  /** By his session, or by the key in the form; neither counts from a page of another site. */
  @Post(":id")
  @HttpCode(200)
  @UseGuards(SameOriginGuard)
  async decide(
    @Param("id") id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const form = readApprovalForm(request);
    const { page, status } = await this.desk.decide(request, id, form);
    sendPage(reply, page, status);
  }
}
