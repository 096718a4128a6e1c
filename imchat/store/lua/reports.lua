-- What the reports need of a chat. An agent's response time runs from the first customer
-- message that it leaves unanswered.

local reports = {}

reports.FIELDS = { "pending_at", "first_reply_at", "messages_customer", "messages_agent",
  "responses", "response_ms" }

-- Counts messages by their senders. Takes how these fields of the chat were. Returns: names
-- and values of those that change.
function reports.count(customer, senders, pending_at, replied_at, customers, agents, responses,
  took_ms)
  local by_customer, answered = 0, 0
  local pending, waited_ms = tonumber(pending_at), 0
  for _, sender in ipairs(senders) do
    if sender == customer then
      by_customer = by_customer + 1
      pending = pending or call.now
    elseif pending then
      answered, waited_ms, pending = answered + 1, waited_ms + call.now - pending, nil
    end
  end
  local by_agent = #senders - by_customer
  local change = { "pending_at", pending or "" }
  local function set(name, value)
    change[#change + 1] = name
    change[#change + 1] = value
  end
  if by_customer > 0 then set("messages_customer", customers + by_customer) end
  if by_agent > 0 then
    set("messages_agent", agents + by_agent)
    if not replied_at then set("first_reply_at", call.now) end
  end
  if answered > 0 then
    set("responses", responses + answered)
    set("response_ms", took_ms + waited_ms)
  end
  return change
end
