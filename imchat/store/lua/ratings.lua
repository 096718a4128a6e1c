-- What a customer says of a chat afterwards, once; it is kept as long as the chat.

-- Returns: rated. Refuses with: not_found, forbidden, conflict, and unavailable, when the
-- connection that asks was given up for lost. The same rating again is told as it stands.
call.register("rate", {}, function(a)
  local lost = call.refuse_lost(a.uid, a.connection)
  if lost then return lost end
  local chat = chats.facts(a.chat)
  if not chat then return call.refuse("not_found", "there is no such chat") end
  if chat.customer ~= a.uid then
    return call.refuse("forbidden", "this chat is not yours to rate")
  end
  if chat.state ~= "closed" then return call.refuse("conflict", "this chat is not closed yet") end
  if not chat.assigned_at then return call.refuse("conflict", "nobody served this chat") end
  local fact = { fact = "rated", chat = chat }
  if chat.score then
    if chat.score == a.score and (chat.comment or "") == a.comment then return fact end
    return call.refuse("conflict", "this chat is rated already")
  end
  chats.change(chat, "score", a.score, "comment", a.comment)
  call.event("rated", "chat", chat.id, "customer", chat.customer, "agent", chat.agent or "",
    "desk", chat.desk, "score", a.score)
  call.tell(a.uid, fact, a.connection)
  return fact
end)
