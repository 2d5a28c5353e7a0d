"""Pages: the findings of each job, as the sentences, tables and charts that people see."""
